// SPDY's header blocks: names and values, compressed with zlib and a dictionary that both sides know. One
// stream of compression for each direction of a connection, so every block is looked at, in order.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.hpp"

struct z_stream_s;

namespace jobpod::streaming {

// Names in lower case; several values of a name are joined by NUL.
using SpdyHeaders = std::map<std::string, std::string>;

// The 1,423 bytes of the protocol (SPDY draft 3.1, section 2.6.10.1). Its Adler-32 is 0xe3c6a7c2.
const std::string& SpdyDictionary();

// Not thread-safe.
class HeaderReader {
 public:
  HeaderReader();
  ~HeaderReader();
  // The next block of the connection. InvalidArgument when it is damaged, not finished, or larger than
  // kMaxBlock; no further block can be read then.
  StatusOr<SpdyHeaders> Read(std::string_view block);

  static constexpr size_t kMaxBlock = 16u << 10;  // uncompressed

 private:
  StatusOr<std::string> Inflate(std::string_view block);

  const std::unique_ptr<z_stream_s> zlib_;
};

// Not thread-safe. What is sent here is a few bytes, so it is put into stored blocks instead of a
// compressor's 256 KiB of state.
class HeaderWriter {
 public:
  // The next block of the connection; the sizes of `headers` add up to less than 60 KiB.
  std::string Write(const SpdyHeaders& headers);

 private:
  bool first_ = true;
};

}  // namespace jobpod::streaming
