#include "test/windows/probe/stand_ins.hpp"

#include <windows.h>

#include <algorithm>

namespace jobpod::probe {
namespace {

std::wstring OwnName() {
  std::wstring path(0x8000, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  const size_t slash = path.rfind(L'\\'), dot = path.rfind(L'.');
  return path.substr(slash + 1, dot - slash - 1);
}

int PrintName(Words words) {
  if (Word(words, 0) != "-o") return 1;
  Print("MS/Windows\n");
  return 0;
}

// The program's path has backslashes by then, as PowerShell resolves it.
int RunAndWait(Words words) {
  std::string line = Word(words, 0);
  std::ranges::replace(line, '/', '\\');
  for (size_t i = 1; i < words.size(); ++i) line += " " + words[i];
  std::wstring text = Wide(line);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION born{};
  if (!CreateProcessW(nullptr, text.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &born))
    return *Failed("run " + line);
  WaitForSingleObject(born.hProcess, INFINITE);
  DWORD code = 1;
  GetExitCodeProcess(born.hProcess, &code);
  return static_cast<int>(code);
}

// As much of PowerShell as pods' command lines ask for: Get-ChildItem -Path PATH, or a program with arguments.
int Shell(Words words) {
  if (Word(words, 0) != "Get-ChildItem") return RunAndWait(words);
  const std::string path = Word(words, 2);
  if (GetFileAttributesW(Wide(path).c_str()) == INVALID_FILE_ATTRIBUTES) return *Failed("find " + path);
  Print(path + "\n");
  return 0;
}

}  // namespace

std::optional<int> StandIn(Words words) {
  const std::wstring name = OwnName();
  if (name == L"uname") return PrintName(words);
  if (name == L"powershell") return Shell(words);
  return std::nullopt;
}

}  // namespace jobpod::probe
