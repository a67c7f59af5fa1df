#include "cri/process.hpp"

#include <fcntl.h>
#include <io.h>
#include <malloc.h>
#include <windows.h>

#include <shellapi.h>

#include <memory>

#include "base/handle_windows.hpp"
#include "base/privileges_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/process_words.hpp"

namespace jobpod {
namespace {

// The one event that the console's handler, which gets no argument, can reach.
HANDLE EndEvent() {
  static const Handle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  return event.get();
}

// Runs on a thread of the system's. When it comes back from anything but Ctrl-C and Ctrl-Break the process is killed.
BOOL WINAPI OnConsoleEvent(DWORD event) {
  SetEvent(EndEvent());
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

}  // namespace

void PrepareProcess() {
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);  // never one that lies beside the program or in its PATH
  EnablePrivileges().status().IgnoreError();  // what is missing is the doctor's to say
  EndEvent();
  SetConsoleCtrlHandler(OnConsoleEvent, TRUE);
}

void ReleaseUnusedMemory() {
  _heapmin();
  SetProcessWorkingSetSize(GetCurrentProcess(), static_cast<SIZE_T>(-1), static_cast<SIZE_T>(-1));
}

void WaitForEndSignal() {
  WaitForSingleObject(EndEvent(), INFINITE);
}

std::vector<std::string> WordsOf(int count, char** arguments) {
  // Files of text mode would make two bytes of a line's end.
  _setmode(1, _O_BINARY);
  _setmode(2, _O_BINARY);
  SetConsoleOutputCP(CP_UTF8);
  int words = 0;
  const std::unique_ptr<LPWSTR, decltype(&LocalFree)> list(CommandLineToArgvW(GetCommandLineW(), &words), LocalFree);
  if (list == nullptr) return {arguments, arguments + count};
  std::vector<std::string> out;
  for (int i = 0; i < words; ++i) out.push_back(Utf8(list.get()[i]));
  return out;
}

std::string BesideThisProgram(const std::string& name) {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return Utf8(path.substr(0, path.find_last_of(L'\\') + 1)) + name;
}

}  // namespace jobpod
