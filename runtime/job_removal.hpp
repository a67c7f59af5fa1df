// Removing jobs whose last processes are still on their way out.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "runtime/job.hpp"

namespace jobpod {

// How long the last processes of a killed tree may take: longer means they hang in the kernel.
inline constexpr std::chrono::seconds kKillBound{10};

// Tries after 1 ms, then after twice the last pause, up to `longest_pause`, for `bound`.
struct RemovalPace {
  std::chrono::milliseconds bound = kKillBound;
  std::chrono::milliseconds longest_pause{100};
};

// Removes the job now, or as soon as it is empty. `on_end` is called once (at once when the job is gone already)
// with the last outcome. The job is let go of in the end. On the thread of `io`.
void RemoveWhenEmpty(boost::asio::io_context& io, std::unique_ptr<Job> job,
                     std::function<void(const Status&)> on_end, const RemovalPace& pace = {});

}  // namespace jobpod
