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

// Linux's numbers are what images and clients mean, on every system.
constexpr std::array kNames = {
    Named{"ABRT", 6}, Named{"ALRM", 14}, Named{"BUS", 7}, Named{"CHLD", 17}, Named{"CONT", 18},
    Named{"FPE", 8}, Named{"HUP", 1}, Named{"ILL", 4}, Named{"INT", 2}, Named{"IO", 29},
    Named{"KILL", 9}, Named{"PIPE", 13}, Named{"PROF", 27}, Named{"PWR", 30}, Named{"QUIT", 3},
    Named{"SEGV", 11}, Named{"STOP", 19}, Named{"SYS", 31}, Named{"TERM", 15}, Named{"TRAP", 5},
    Named{"TSTP", 20}, Named{"TTIN", 21}, Named{"TTOU", 22}, Named{"URG", 23}, Named{"USR1", 10},
    Named{"USR2", 12}, Named{"VTALRM", 26}, Named{"WINCH", 28}, Named{"XCPU", 24}, Named{"XFSZ", 25}};

// Glibc keeps the first two real-time signals: images' numbering begins at 34.
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
  return absl::InvalidArgumentError(Concat("stop signal \"", name, "\" is not a signal; give a name like SIGTERM"));
}

}  // namespace jobpod
