#include "base/wine_windows.hpp"

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr int kWaits = 500;
constexpr DWORD kPause = 10;

FARPROC Find(const char* module, const char* name) {
  return GetProcAddress(GetModuleHandleA(module), name);
}

// `path` as Wine's host names it.
StatusOr<std::wstring> HostPath(const std::wstring& path) {
  using Function = char*(CDECL*)(const wchar_t*);
  const auto function = reinterpret_cast<Function>(reinterpret_cast<void*>(Find("kernel32.dll", "wine_get_unix_file_name")));
  char* name = function == nullptr ? nullptr : function(path.c_str());
  if (name == nullptr) return LastErrorStatus(Concat("find the host's name of ", Utf8(path)));
  const std::wstring wide = Wide(name);
  HeapFree(GetProcessHeap(), 0, name);
  if (wide.find(L'"') == std::wstring::npos) return wide;
  return absl::InvalidArgumentError(Concat(Utf8(path), " cannot be told to Wine's host"));
}

// A program of the host. Wine gives no handle of it (what it fills in as such is anything, and closing that would close
// somebody else's), so its end is seen by what it does.
Status Run(const wchar_t* program, std::wstring arguments) {
  STARTUPINFOW start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION made{};
  if (!CreateProcessW(program, arguments.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &start, &made))
    return LastErrorStatus(Concat("run ", Utf8(program)));
  return absl::OkStatus();
}

// Whether there is something at all: Wine shows a link to a directory as a reparse point.
bool IsThere(const std::wstring& path) { return GetFileAttributesW(path.c_str()) != INVALID_FILE_ATTRIBUTES; }

Status WaitFor(const std::wstring& path, bool there) {
  for (int wait = 0; wait < kWaits; ++wait) {
    if (IsThere(path) == there) return absl::OkStatus();
    Sleep(kPause);
  }
  return absl::DeadlineExceededError(
      Concat("Wine's host did not ", there ? "make" : "remove", " the link ", Utf8(path)));
}

}  // namespace

bool RunsUnderWine() {
  static const bool wine = Find("ntdll.dll", "wine_get_version") != nullptr;
  return wine;
}

Status LinkDirectoryOnHost(const std::wstring& target, const std::wstring& link) {
  ASSIGN_OR_RETURN(const std::wstring from, HostPath(target));
  ASSIGN_OR_RETURN(const std::wstring to, HostPath(link));
  if (IsThere(link)) return absl::AlreadyExistsError(Concat(Utf8(link), " exists"));
  RETURN_IF_ERROR(Run(L"\\\\?\\unix\\bin\\ln", L"ln -s -n -- \"" + from + L"\" \"" + to + L"\""));
  return WaitFor(link, true);
}

Status UnlinkOnHost(const std::wstring& link) {
  ASSIGN_OR_RETURN(const std::wstring path, HostPath(link));
  // Without -r: of what is no link it removes at most one file.
  RETURN_IF_ERROR(Run(L"\\\\?\\unix\\bin\\rm", L"rm -f -- \"" + path + L"\""));
  return WaitFor(link, false);
}

}  // namespace jobpod
