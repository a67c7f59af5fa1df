// Pipe ends and terminals as channels.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/handle_linux.hpp"
#include "base/pipe_channel.hpp"

namespace jobpod {

// `end` becomes non-blocking. The process must ignore SIGPIPE. On a terminal "nobody has it open any more" is the
// end of file.
std::unique_ptr<PipeChannel> MakePipeChannel(const boost::asio::any_io_executor& executor, Fd end);

}  // namespace jobpod
