#include <iostream>

#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "cri/cli/console_windows.hpp"
#include "cri/cli/terminal.hpp"

namespace jobpod::cli {
namespace {

// A line of keys that nobody sees. Cancelled on Ctrl-C.
StatusOr<std::string> TypedSecret() {
  std::wstring typed;
  for (wchar_t key = 0;;) {
    DWORD got = 0;
    if (!ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), &key, 1, &got, nullptr) || got == 0) break;
    if (key == L'\x03') return absl::CancelledError("cancelled");
    if (key == L'\r' || key == L'\n') break;
    if (key != L'\b') {
      typed += key;
    } else if (!typed.empty()) {
      typed.pop_back();
    }
  }
  return Utf8(typed);
}

std::string PipedSecret() {
  std::string secret;
  std::getline(std::cin, secret);
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

StatusOr<std::string> AskForSecret(const std::string& prompt, DWORD mode) {
  const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
  std::cerr << prompt << std::flush;
  SetConsoleMode(input, mode & ~DWORD{ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT});
  const ScopeExit restore([&] {
    SetConsoleMode(input, mode);
    std::cerr << "\n";
  });
  return TypedSecret();
}

}  // namespace

TerminalSize StandardErrorSize() {
  if (!ConsoleMode(STD_ERROR_HANDLE)) return {};
  const ConsoleExtent extent = ExtentOf(STD_ERROR_HANDLE);
  if (extent.columns == 0) return {.columns = 80, .lines = 24};
  return {.columns = extent.columns, .lines = extent.lines};
}

StatusOr<std::string> ReadSecret(const std::string& prompt) {
  const auto mode = ConsoleMode(STD_INPUT_HANDLE);
  StatusOr<std::string> secret = mode ? AskForSecret(prompt, *mode) : StatusOr<std::string>(PipedSecret());
  if (secret.ok() && secret->empty())
    return absl::InvalidArgumentError("a password was expected on standard input");
  return secret;
}

}  // namespace jobpod::cli
