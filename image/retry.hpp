// When a request that failed is worth another attempt, and how long to wait for it.
#pragma once

#include <chrono>
#include <ctime>
#include <stop_token>
#include <string>

namespace jobpod {

struct RetryPolicy {
  int attempts = 4;                                 // per request, the first included
  std::chrono::milliseconds first_delay{250};       // doubled every time
  std::chrono::milliseconds max_delay{10'000};
  std::chrono::milliseconds max_retry_after{60'000};  // a server that wants more is given up
};

// HTTP answers that another attempt may better: time-outs, too many requests, gateways without a server.
bool IsWorthRetrying(int http_status);

// The wait after the attempt number `attempt` (from 1): doubled each time, then somewhere between its half
// and its whole, so that the pulls of many nodes do not come back at once.
std::chrono::milliseconds BackOff(const RetryPolicy& policy, int attempt);

// A Retry-After header, seconds or an HTTP date seen from `now` (Unix seconds); 0 when it is neither.
std::chrono::milliseconds ParseRetryAfter(const std::string& header, std::time_t now);

// Sleeps; false when stopped meanwhile.
bool WaitFor(std::chrono::milliseconds delay, const std::stop_token& stop);

}  // namespace jobpod
