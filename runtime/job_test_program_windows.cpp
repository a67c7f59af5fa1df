// What the job tests start: one program with a few bad habits. Not shipped.
#include <windows.h>
#include <winternl.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

// Nothing a test starts may outlive it for long, whatever goes wrong.
constexpr DWORD kLifeMilliseconds = 60'000;
constexpr ULONGLONG kHabitMilliseconds = 5'000;
constexpr int kRunners = 24;

int WaitForEver() {
  Sleep(kLifeMilliseconds);
  return 0;
}

// After a handler has dealt with the shutdown event the process would be ended: this one never has.
BOOL WINAPI Ignore(DWORD event) {
  if (event >= CTRL_CLOSE_EVENT) Sleep(INFINITE);
  return TRUE;
}

void IgnoreSignals() {
  SetConsoleCtrlHandler(Ignore, TRUE);
}

bool Start(const char* deed, DWORD flags) {
  char path[MAX_PATH];
  GetModuleFileNameA(nullptr, path, sizeof path);
  std::string line = std::string("\"") + path + "\" " + deed;
  STARTUPINFOA startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION born{};
  if (!CreateProcessA(path, line.data(), nullptr, nullptr, FALSE, flags, nullptr, nullptr, &startup, &born)) {
    return false;
  }
  CloseHandle(born.hThread);
  CloseHandle(born.hProcess);
  return true;
}

// The ways out there are: a console and a process group of its own, and asking to leave the job.
int Daemonize() {
  constexpr DWORD kApart = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;
  if (Start("stay", kApart | CREATE_BREAKAWAY_FROM_JOB)) return 0;
  return Start("stay", kApart) ? 0 : 1;
}

// Each process starts others for as long as it lives.
int Bomb() {
  IgnoreSignals();
  const ULONGLONG end = GetTickCount64() + kHabitMilliseconds;
  while (GetTickCount64() < end) {
    if (!Start("bomb", DETACHED_PROCESS)) Sleep(10);
  }
  return 0;
}

// Each process lives for one start of the next, so that a list of processes is out of date before it is read.
int Run() {
  Start("run", DETACHED_PROCESS);
  return 0;
}

int Chase() {
  IgnoreSignals();
  for (int runner = 0; runner < kRunners; ++runner) Start("run", DETACHED_PROCESS);
  return WaitForEver();
}

int Burn() {
  constexpr uint64_t kTicks = 1'000'000;  // 0.1 s
  FILETIME created, ended, kernel, user;
  do {
    GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
  } while (uint64_t{kernel.dwLowDateTime} + user.dwLowDateTime < kTicks);
  return WaitForEver();
}

int Eat(size_t bytes) {
  auto* memory = static_cast<char*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  if (memory == nullptr) return 1;
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  return WaitForEver();
}

// Each argument in brackets, so that a test sees what the C runtime made of the command line.
int PrintArguments(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) std::printf("[%s]", argv[i]);
  return 0;
}

// Where it is, what its environment greets it with and what is typed.
int Describe() {
  char directory[MAX_PATH], typed[64] = "";
  GetCurrentDirectoryA(sizeof directory, directory);
  const char* greeting = std::getenv("GREETING");
  if (std::fgets(typed, sizeof typed, stdin) == nullptr) typed[0] = '\0';
  std::printf("[%s][%s][%s]", directory, greeting == nullptr ? "" : greeting, typed);
  return 0;
}

HANDLE HandleOf(const char* number) {
  return reinterpret_cast<HANDLE>(std::strtoull(number, nullptr, 10));
}

// A launcher that passes the process which started it off as what it has started: the frame of a LaunchReport.
int Lie(HANDLE requests, HANDLE reports) {
  PROCESS_BASIC_INFORMATION self{};
  NtQueryInformationProcess(GetCurrentProcess(), ProcessBasicInformation, &self, sizeof self, nullptr);
  const auto parent = static_cast<DWORD>(self.InheritedFromUniqueProcessId);
  auto value = reinterpret_cast<uintptr_t>(OpenProcess(PROCESS_ALL_ACCESS, FALSE, parent));
  std::string payload = "\x18";
  for (; value >= 0x80; value >>= 7) payload += static_cast<char>(value | 0x80);
  payload += static_cast<char>(value);
  const std::string frame = std::string{static_cast<char>(payload.size()), '\0', '\0', '\0'} + payload;
  DWORD put = 0;
  WriteFile(reports, frame.data(), static_cast<DWORD>(frame.size()), &put, nullptr);
  for (char request[512]; ReadFile(requests, request, sizeof request, &put, nullptr);) {
  }
  return 0;
}

// A launcher by its name in the file system: one that leaves a process and no word behind, or one that lies.
int Launch(const char* requests, const char* reports) {
  char path[MAX_PATH];
  GetModuleFileNameA(nullptr, path, sizeof path);
  if (!std::string_view(path).ends_with("deserter.exe")) return Lie(HandleOf(requests), HandleOf(reports));
  return Start("stay", DETACHED_PROCESS) ? 3 : 4;
}

int Stay() {
  IgnoreSignals();
  return WaitForEver();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (argc > 2 && std::string_view(argv[0]) == "jobpod-launcher") return Launch(argv[1], argv[2]);
  if (what == "wait") return WaitForEver();
  if (what == "stay") return Stay();
  if (what == "daemonize") return Daemonize();
  if (what == "bomb") return Bomb();
  if (what == "chase") return Chase();
  if (what == "run") return Run();
  if (what == "burn") return Burn();
  if (what == "eat" && argc > 2) return Eat(static_cast<size_t>(std::atoll(argv[2])));
  if (what == "arguments") return PrintArguments(argc, argv);
  if (what == "describe") return Describe();
  if (what == "code" && argc > 2) return std::atoi(argv[2]);
  if (what == "exit") return 0;
  return 2;
}
