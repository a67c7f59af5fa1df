#include "runtime/token_windows.hpp"

#include <sddl.h>

#include "base/handle_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {

StatusOr<std::string> SidText(PSID sid) {
  wchar_t* text = nullptr;
  if (!ConvertSidToStringSidW(sid, &text)) return LastErrorStatus("write a SID");
  ScopeExit free([&] { LocalFree(text); });
  return Utf8(text);
}

StatusOr<std::string> SidOf(HANDLE token) {
  alignas(TOKEN_USER) char buffer[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token, TokenUser, buffer, sizeof buffer, &size)) return LastErrorStatus("look at a token");
  return SidText(reinterpret_cast<const TOKEN_USER*>(buffer)->User.Sid);
}

StatusOr<std::string> OwnSid() {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return LastErrorStatus("open the own token");
  return SidOf(Handle(token).get());
}

}  // namespace jobpod
