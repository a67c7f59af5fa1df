#include "cri/event_log_windows.hpp"

#include <windows.h>

#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "cri/process.hpp"
#include "cri/service_windows.hpp"
#include "event_log_windows.h"

namespace jobpod {
namespace {

const std::wstring kKey = std::wstring(L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\") + kServiceName;

struct Form {
  WORD type;
  DWORD message;
};

Form FormOf(EventKind kind) {
  switch (kind) {
    case EventKind::kInformation:
      return {EVENTLOG_INFORMATION_TYPE, JOBPOD_EVENT_INFORMATION};
    case EventKind::kWarning:
      return {EVENTLOG_WARNING_TYPE, JOBPOD_EVENT_WARNING};
    case EventKind::kError:
      break;
  }
  return {EVENTLOG_ERROR_TYPE, JOBPOD_EVENT_ERROR};
}

LSTATUS SetValues(HKEY key) {
  const std::wstring program = Wide(BesideThisProgram("jobpodd.exe"));
  const DWORD types = EVENTLOG_INFORMATION_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_ERROR_TYPE;
  const LSTATUS file =
      RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, reinterpret_cast<const BYTE*>(program.c_str()),
                     static_cast<DWORD>((program.size() + 1) * sizeof(wchar_t)));
  if (file != ERROR_SUCCESS) return file;
  return RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&types), sizeof types);
}

}  // namespace

void LogEvent(EventKind kind, std::string_view text) {
  const HANDLE source = RegisterEventSourceW(nullptr, kServiceName);
  if (source == nullptr) return;
  const ScopeExit close([&] { DeregisterEventSource(source); });
  const Form form = FormOf(kind);
  const std::wstring words = Wide(text);
  LPCWSTR list[] = {words.c_str()};
  ReportEventW(source, form.type, 0, form.message, nullptr, 1, 0, list, nullptr);
}

Status RegisterEventSource() {
  HKEY key = nullptr;
  LSTATUS result = RegCreateKeyExW(HKEY_LOCAL_MACHINE, kKey.c_str(), 0, nullptr, 0, KEY_SET_VALUE, nullptr, &key, nullptr);
  if (result == ERROR_SUCCESS) {
    result = SetValues(key);
    RegCloseKey(key);
  }
  if (result == ERROR_SUCCESS) return absl::OkStatus();
  return Win32Status(static_cast<uint32_t>(result), "register the event log's source jobpod");
}

void UnregisterEventSource() {
  RegDeleteKeyW(HKEY_LOCAL_MACHINE, kKey.c_str());
}

}  // namespace jobpod
