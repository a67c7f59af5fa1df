// Pipe ends as channels.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/handle_windows.hpp"
#include "base/pipe_channel.hpp"

namespace jobpod {

// `end` is overlapped (PipeUse::kOverlapped).
std::unique_ptr<PipeChannel> MakePipeChannel(const boost::asio::any_io_executor& executor, Handle end);

}  // namespace jobpod
