// Process trees, and what programs do about being asked to end.
#include <windows.h>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

// Nothing a test starts outlives it for long, whatever goes wrong.
constexpr DWORD kLifeMilliseconds = 120'000;

std::string Quoted(const std::string& word) {
  std::string out = "\"";
  size_t backslashes = 0;
  for (const char letter : word) {
    if (letter == '"') out.append(backslashes + 1, '\\');
    backslashes = letter == '\\' ? backslashes + 1 : 0;
    out += letter;
  }
  return out.append(backslashes, '\\') + "\"";
}

// The probe itself with what stands behind; "++" there is its "+".
std::wstring OwnLine(Words words) {
  std::wstring path(0x8000, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  std::string line = Quoted(Utf8(path));
  for (const std::string& word : words) line += " " + Quoted(word == "++" ? "+" : word);
  return Wide(line);
}

bool Begin(Words words, DWORD flags, BOOL inherit, PROCESS_INFORMATION& born) {
  std::wstring line = OwnLine(words);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  return CreateProcessW(nullptr, line.data(), nullptr, nullptr, inherit, flags, nullptr, nullptr, &startup, &born);
}

std::optional<int> Told(const PROCESS_INFORMATION& born) {
  Print("child=" + std::to_string(born.dwProcessId) + "\n");
  CloseHandle(born.hThread);
  CloseHandle(born.hProcess);
  return std::nullopt;
}

// A child with the same streams.
std::optional<int> Start(Words words) {
  PROCESS_INFORMATION born{};
  if (!Begin(words, 0, TRUE, born)) return Failed("start a child");
  return Told(born);
}

// One that goes as far away as Windows lets it: own console and group, out of the job.
std::optional<int> Detach(Words words) {
  constexpr DWORD kApart = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;
  PROCESS_INFORMATION born{};
  if (!Begin(words, kApart | CREATE_BREAKAWAY_FROM_JOB, FALSE, born) && !Begin(words, kApart, FALSE, born))
    return Failed("start a detached child");
  return Told(born);
}

// tell PATH: appends who this is to a file, for those whose output nobody hears.
std::optional<int> Tell(Words words) {
  const std::string line = "child=" + std::to_string(GetCurrentProcessId()), file = Word(words, 0);
  const std::string append[] = {"append", file, line + "\n"};
  return Perform(append);
}

// tree DEPTH WIDTH: every process of it stays, deaf to every request.
std::optional<int> Tree(Words words) {
  const unsigned depth = Number(words, 0), width = Number(words, 1);
  const std::string deed[] = {"deaf", "+", "tree", std::to_string(depth - 1), std::to_string(width), "+", "sleep"};
  for (unsigned i = 0; depth > 0 && i < width; ++i) {
    PROCESS_INFORMATION born{};
    if (!Begin(deed, DETACHED_PROCESS, FALSE, born)) return Failed("grow a tree");
    Told(born);
  }
  return std::nullopt;
}

std::optional<int> Wait(Words words) {
  Sleep(Number(words, 0, kLifeMilliseconds));
  return std::nullopt;
}

std::optional<int> End(Words words) {
  return static_cast<int>(Number(words, 0));
}

// After a handler has dealt with an event of a closing console the process would be ended: this one never has.
BOOL WINAPI Ignore(DWORD event) {
  if (event >= CTRL_CLOSE_EVENT) Sleep(INFINITE);
  return TRUE;
}

std::optional<int> TurnDeaf(Words) {
  SetConsoleCtrlHandler(Ignore, TRUE);
  return std::nullopt;
}

unsigned answer_code = 0, answer_delay = 0;

BOOL WINAPI Answer(DWORD event) {
  Print("event " + std::to_string(event) + "\n");
  Sleep(answer_delay);
  Print("bye\n");
  ExitProcess(answer_code);
}

// heed CODE [MILLISECONDS]: says which event came and, a while later, ends with the code.
std::optional<int> Heed(Words words) {
  answer_code = Number(words, 0);
  answer_delay = Number(words, 1);
  SetConsoleCtrlHandler(Answer, TRUE);
  return std::nullopt;
}

// eat MEGABYTES: commits and touches them.
std::optional<int> Eat(Words words) {
  const size_t bytes = size_t{Number(words, 0)} << 20;
  auto* memory = static_cast<char*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  if (!memory) return Failed("commit memory");
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  return std::nullopt;
}

// burn MILLISECONDS of processor time.
std::optional<int> Burn(Words words) {
  const ULONGLONG ticks = ULONGLONG{Number(words, 0)} * 10'000;
  FILETIME created, ended, kernel, user;
  do {
    GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
  } while (ULONGLONG{kernel.dwLowDateTime} + user.dwLowDateTime < ticks);
  return std::nullopt;
}

constexpr Deed kDeeds[] = {
    {"start", false, Start}, {"detach", false, Detach}, {"tree", false, Tree}, {"sleep", false, Wait},
    {"exit", false, End},    {"deaf", false, TurnDeaf}, {"heed", false, Heed}, {"eat", false, Eat},
    {"burn", false, Burn},   {"tell", false, Tell},
};

}  // namespace

std::span<const Deed> TreeDeeds() {
  return kDeeds;
}

}  // namespace jobpod::probe
