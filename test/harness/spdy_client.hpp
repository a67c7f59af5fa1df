// A blocking SPDY/3.1 client of a runtime's streaming server, also for measuring: like client-go's it waits for
// each stream's reply before it opens the next, and it copies no more than it must.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cri/streaming/spdy_frame.hpp"
#include "cri/streaming/spdy_headers.hpp"

namespace jobpod::test {

// Not thread-safe. Every failure is SetUpFailed.
class SpdyClient {
 public:
  // Connects to the URL's port of 127.0.0.1 and upgrades.
  SpdyClient(const std::string& url, const std::string& protocol);

  uint32_t Open(const streaming::SpdyHeaders& headers);
  void Send(uint32_t id, std::string_view bytes, bool finish = false);

  // A piece of a data frame; `bytes` are good until the next call.
  struct Data {
    uint32_t id = 0;
    std::string_view bytes;
    bool finished = false;  // nothing comes after it: the stream's end, or it was reset
  };
  // The next one; none when the server has closed. Answers pings.
  std::optional<Data> Next();
  // Sends so many bytes and the end. Takes nothing meanwhile.
  void Pour(uint32_t id, uint64_t bytes);

 private:
  bool Fill();
  uint32_t Control(const streaming::FrameHead& head);
  void Write(std::string_view bytes);

  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::socket socket_{io_};
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
  streaming::FrameHead data_;  // the frame that is under way
  bool in_data_ = false;
  uint32_t next_id_ = 1, replied_ = 0;
  streaming::HeaderWriter headers_;
};

}  // namespace jobpod::test
