#include <windows.h>

#include <cstdlib>

#include "runtime/shim/shim_test_program.hpp"

namespace jobpod::test_program {
namespace {

int heeded_code = 0;
std::string* heeded_text = nullptr;

// After a handler has dealt with the shutdown event the process would be ended: this one never has.
BOOL WINAPI Ignore(DWORD event) {
  if (event >= CTRL_CLOSE_EVENT) Sleep(INFINITE);
  return TRUE;
}

BOOL WINAPI Heed(DWORD) {
  Write(Stream::kOutput, *heeded_text);
  ExitProcess(static_cast<UINT>(heeded_code));
}

}  // namespace

void Write(Stream stream, std::string_view bytes) {
  const HANDLE file = GetStdHandle(stream == Stream::kOutput ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
  while (!bytes.empty()) {
    DWORD count = 0;
    if (!WriteFile(file, bytes.data(), static_cast<DWORD>(bytes.size()), &count, nullptr) || count == 0) return;
    bytes.remove_prefix(count);
  }
}

size_t Read(char* buffer, size_t size) {
  DWORD count = 0;
  ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, static_cast<DWORD>(size), &count, nullptr);
  return count;
}

void IgnoreStops() {
  SetConsoleCtrlHandler(Ignore, TRUE);
}

void HeedStops(int code, const std::string& text) {
  heeded_code = code;
  heeded_text = new std::string(text + "\n");  // for as long as the process lives
  SetConsoleCtrlHandler(Heed, TRUE);
}

// The words of these tests need no quotes but for blanks.
void StartApart(const std::vector<std::string>& words) {
  char path[MAX_PATH];
  GetModuleFileNameA(nullptr, path, sizeof path);
  std::string line = std::string("\"") + path + "\"";
  for (const std::string& word : words) line += " \"" + word + "\"";
  STARTUPINFOA startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  PROCESS_INFORMATION born{};
  // Not in a group of its own: Wine tells the first process of one of no event.
  if (!CreateProcessA(path, line.data(), nullptr, nullptr, TRUE, DETACHED_PROCESS, nullptr, nullptr, &startup, &born)) return;
  CloseHandle(born.hThread);
  CloseHandle(born.hProcess);
}

bool HasTerminal() {
  DWORD mode = 0;
  return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) &&
         GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode);
}

std::string TerminalSize() {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info);
  const SMALL_RECT& window = info.srWindow;
  return std::to_string(window.Right - window.Left + 1) + "x" + std::to_string(window.Bottom - window.Top + 1);
}

}  // namespace jobpod::test_program
