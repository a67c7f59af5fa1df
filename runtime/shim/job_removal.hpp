// Removing jobs whose last processes are still on their way out.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "runtime/job.hpp"

namespace jobpod::shim {

// How long the last processes of a killed tree may take: longer means they hang in the kernel.
inline constexpr std::chrono::seconds kKillBound{10};

// Removes the job now, or as soon as it is empty, trying for `bound`. `on_end` is called once (at
// once when the job is gone already) with the last outcome. The job is let go of in the end.
void RemoveWhenEmpty(boost::asio::io_context& io, std::unique_ptr<Job> job,
                     std::function<void(const Status&)> on_end, std::chrono::milliseconds bound = kKillBound);

}  // namespace jobpod::shim
