#include "runtime/account_environment_windows.hpp"

#include <userenv.h>

#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {

std::vector<std::string> AccountEnvironment(HANDLE token) {
  void* block = nullptr;
  if (!CreateEnvironmentBlock(&block, token, FALSE)) return {};
  ScopeExit destroy([&] { DestroyEnvironmentBlock(block); });
  std::vector<std::string> entries;
  for (const auto* at = static_cast<const wchar_t*>(block); *at != L'\0'; at += wcslen(at) + 1) {
    entries.push_back(Utf8(at));
  }
  return entries;
}

}  // namespace jobpod
