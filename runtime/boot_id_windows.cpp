#include <windows.h>

#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "runtime/boot_id.hpp"

namespace jobpod {
namespace {

// A volatile key lives until the next start of the host. (Windows' own counter of starts belongs to a service that may
// be off, and its time of start moves with the clock.)
constexpr wchar_t kKey[] = L"SOFTWARE\\Jobpod\\Boot";
constexpr wchar_t kValue[] = L"Id";

Status RegistryStatus(LSTATUS error) {
  return error == ERROR_SUCCESS ? absl::OkStatus() : Win32Status(static_cast<uint32_t>(error), "find out when the host was started");
}

StatusOr<std::string> NewValue(HKEY key) {
  const std::string id = NewId();
  const std::wstring wide = Wide(id);
  const DWORD size = static_cast<DWORD>((wide.size() + 1) * sizeof(wchar_t));
  RETURN_IF_ERROR(RegistryStatus(
      RegSetValueExW(key, kValue, 0, REG_SZ, reinterpret_cast<const BYTE*>(wide.c_str()), size)));
  return id;
}

}  // namespace

StatusOr<std::string> ReadBootId() {
  HKEY key = nullptr;
  RETURN_IF_ERROR(RegistryStatus(RegCreateKeyExW(HKEY_LOCAL_MACHINE, kKey, 0, nullptr, REG_OPTION_VOLATILE,
                                                 KEY_QUERY_VALUE | KEY_SET_VALUE, nullptr, &key, nullptr)));
  ScopeExit close([&] { RegCloseKey(key); });
  wchar_t value[128];
  DWORD size = sizeof value;
  const LSTATUS error = RegGetValueW(key, nullptr, kValue, RRF_RT_REG_SZ, nullptr, value, &size);
  if (error == ERROR_FILE_NOT_FOUND) return NewValue(key);
  RETURN_IF_ERROR(RegistryStatus(error));
  return Utf8(value);
}

}  // namespace jobpod
