// A pipe within this process, both ends asynchronous.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/pipe_channel.hpp"
#include "base/status.hpp"

namespace jobpod {

struct ChannelPair {
  std::unique_ptr<PipeChannel> reader, writer;
};

// Both ends use `executor`. The system's error when there are no descriptors left.
StatusOr<ChannelPair> MakeChannelPair(const boost::asio::any_io_executor& executor);

}  // namespace jobpod
