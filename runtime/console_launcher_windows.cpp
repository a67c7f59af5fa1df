#include "runtime/console_launcher_windows.hpp"

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr int kCannotStart = 128;

// What is said to the console is the program's to hear; this ends with it.
BOOL WINAPI Ignore(DWORD) {
  return TRUE;
}

Handle OpenConsole(const wchar_t* name) {
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  return Handle(CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                            OPEN_EXISTING, 0, nullptr));
}

Handle Start(const std::wstring& program, std::wstring command_line) {
  const Handle input = OpenConsole(L"CONIN$"), output = OpenConsole(L"CONOUT$");
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = input.get();
  startup.hStdOutput = startup.hStdError = output.get();
  PROCESS_INFORMATION born{};
  if (!CreateProcessW(program.c_str(), command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup,
                      &born)) {
    return {};
  }
  const Handle thread(born.hThread);
  return Handle(born.hProcess);
}

}  // namespace

// A path has no quote in it.
void StartByConsoleLauncher(std::wstring& program, std::wstring& command_line) {
  command_line = Wide(kConsoleLauncherName) + L" \"" + program + L"\" " + command_line;
  wchar_t own[1024];
  program.assign(own, GetModuleFileNameW(nullptr, own, std::size(own)));
}

int ConsoleLauncherMain() {
  SetConsoleCtrlHandler(Ignore, TRUE);
  const std::wstring line = GetCommandLineW();
  const size_t begin = line.find(L'"'), end = line.find(L'"', begin + 1);
  if (end == std::wstring::npos || line.size() < end + 2) return kCannotStart;
  const Handle process = Start(line.substr(begin + 1, end - begin - 1), line.substr(end + 2));
  if (!process) return kCannotStart;
  WaitForSingleObject(process.get(), INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(process.get(), &code);
  return static_cast<int>(code);
}

}  // namespace jobpod
