#include <csignal>

#include <array>
#include <charconv>
#include <string_view>

#include "runtime/launch.hpp"

namespace jobpod {
namespace {

struct Named {
  std::string_view name;
  int number;
};

constexpr std::array kNames = {
    Named{"ABRT", SIGABRT}, Named{"ALRM", SIGALRM}, Named{"BUS", SIGBUS},       Named{"CHLD", SIGCHLD},
    Named{"CONT", SIGCONT}, Named{"FPE", SIGFPE},   Named{"HUP", SIGHUP},       Named{"ILL", SIGILL},
    Named{"INT", SIGINT},   Named{"IO", SIGIO},     Named{"KILL", SIGKILL},     Named{"PIPE", SIGPIPE},
    Named{"PROF", SIGPROF}, Named{"PWR", SIGPWR},   Named{"QUIT", SIGQUIT},     Named{"SEGV", SIGSEGV},
    Named{"STOP", SIGSTOP}, Named{"SYS", SIGSYS},   Named{"TERM", SIGTERM},     Named{"TRAP", SIGTRAP},
    Named{"TSTP", SIGTSTP}, Named{"TTIN", SIGTTIN}, Named{"TTOU", SIGTTOU},     Named{"URG", SIGURG},
    Named{"USR1", SIGUSR1}, Named{"USR2", SIGUSR2}, Named{"VTALRM", SIGVTALRM}, Named{"WINCH", SIGWINCH},
    Named{"XCPU", SIGXCPU}, Named{"XFSZ", SIGXFSZ}};

// Glibc keeps the first two real-time signals; images mean the kernel's numbering from 34.
constexpr int kRealTimeFirst = 34;
constexpr int kRealTimeLast = 64;

int RealTime(std::string_view rest, int base) {
  int offset = 0;
  if (rest.empty()) return base;
  if (rest[0] == '+') rest.remove_prefix(1);
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), offset);
  int number = base + offset;
  bool good = error == std::errc() && end == rest.data() + rest.size();
  return good && number >= kRealTimeFirst && number <= kRealTimeLast ? number : 0;
}

int Number(std::string_view name) {
  int number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) {
    return number >= 1 && number <= kRealTimeLast ? number : 0;
  }
  if (name.substr(0, 3) == "SIG") name.remove_prefix(3);
  if (name.substr(0, 5) == "RTMIN") return RealTime(name.substr(5), kRealTimeFirst);
  if (name.substr(0, 5) == "RTMAX") return RealTime(name.substr(5), kRealTimeLast);
  for (const Named& named : kNames) {
    if (named.name == name) return named.number;
  }
  return 0;
}

}  // namespace

StatusOr<int> ParseSignal(const std::string& name) {
  if (name.empty()) return 0;
  if (int number = Number(name); number != 0) return number;
  return absl::InvalidArgumentError(Concat("stop signal \"", name, "\" is not a signal of this system"));
}

}  // namespace jobpod
