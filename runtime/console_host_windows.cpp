#include "runtime/console_host_windows.hpp"

namespace jobpod {

std::wstring ImageOf(HANDLE process) {
  std::wstring image(32768, L'\0');  // the longest there is: a process without a name is taken for one not yet begun
  DWORD size = static_cast<DWORD>(image.size());
  image.resize(QueryFullProcessImageNameW(process, 0, image.data(), &size) ? size : 0);
  return image;
}

bool IsConsoleHost(HANDLE process) {
  wchar_t system[512];
  const UINT directory = GetSystemDirectoryW(system, std::size(system));
  const std::wstring image = ImageOf(process), host = std::wstring(system, directory) + L"\\conhost.exe";
  return CompareStringOrdinal(image.c_str(), -1, host.c_str(), -1, TRUE) == CSTR_EQUAL;
}

}  // namespace jobpod
