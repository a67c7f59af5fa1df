#include "runtime/console_host_windows.hpp"

namespace jobpod {

std::wstring ImageOf(HANDLE process) {
  wchar_t image[1024];
  DWORD size = std::size(image);
  return QueryFullProcessImageNameW(process, 0, image, &size) ? std::wstring(image, size) : std::wstring();
}

bool IsConsoleHost(HANDLE process) {
  wchar_t system[512];
  const UINT directory = GetSystemDirectoryW(system, std::size(system));
  const std::wstring image = ImageOf(process), host = std::wstring(system, directory) + L"\\conhost.exe";
  return CompareStringOrdinal(image.c_str(), -1, host.c_str(), -1, TRUE) == CSTR_EQUAL;
}

}  // namespace jobpod
