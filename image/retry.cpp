#include "image/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <random>
#include <string_view>

namespace jobpod {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongest{24 * 3600};

// "Wed, 21 Oct 2015 07:28:00 GMT" as Unix seconds; -1 when it is none.
std::time_t ParseDate(const std::string& text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  unsigned day = 0, hour = 0, minute = 0, second = 0;
  int year = 0;
  char month[4] = "";
  if (std::sscanf(text.c_str(), "%*3s, %2u %3s %4d %2u:%2u:%2u", &day, month, &year, &hour, &minute, &second) != 6)
    return -1;
  const auto found = std::ranges::find(kMonths, month);
  const auto number = static_cast<unsigned>(found - kMonths.begin()) + 1;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(number),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return -1;
  return std::chrono::sys_days(date).time_since_epoch().count() * std::time_t{86400} + hour * 3600 + minute * 60 +
         second;
}

}  // namespace

bool IsWorthRetrying(int http_status) {
  constexpr std::array kStatuses = {408, 429, 500, 502, 503, 504};
  return std::ranges::count(kStatuses, http_status) > 0;
}

milliseconds BackOff(const RetryPolicy& policy, int attempt) {
  const milliseconds whole =
      std::min(policy.first_delay * (1 << std::clamp(attempt - 1, 0, 10)), policy.max_delay);
  std::uniform_int_distribution<milliseconds::rep> part(whole.count() / 2, whole.count());
  std::random_device random;
  return milliseconds(part(random));
}

milliseconds ParseRetryAfter(const std::string& header, std::time_t now) {
  int64_t wait = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), wait);
  if (error != std::errc() || end != header.data() + header.size()) {
    const std::time_t date = ParseDate(header);
    wait = date < 0 ? 0 : date - now;
  }
  return std::clamp(seconds(wait), seconds(0), kLongest);
}

bool WaitFor(milliseconds delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, delay, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace jobpod
