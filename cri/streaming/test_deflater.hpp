// Header blocks as a client's own compressor makes them, for tests.
#pragma once

#include <zlib.h>

#include <catch2/catch.hpp>
#include <string>

#include "cri/streaming/spdy_frame.hpp"
#include "cri/streaming/spdy_headers.hpp"

namespace jobpod::streaming {

// What a client's library makes: one deflate stream with the dictionary, flushed behind each block.
class Deflater {
 public:
  Deflater() {
    const std::string& words = SpdyDictionary();
    REQUIRE(deflateInit(&zlib_, Z_BEST_COMPRESSION) == Z_OK);
    deflateSetDictionary(&zlib_, reinterpret_cast<const Bytef*>(words.data()),
                         static_cast<uInt>(words.size()));
  }
  ~Deflater() { deflateEnd(&zlib_); }
  std::string Block(std::string plain) {
    std::string out(plain.size() + 4096, '\0');
    zlib_.next_in = reinterpret_cast<Bytef*>(plain.data());
    zlib_.avail_in = static_cast<uInt>(plain.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib_.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&zlib_, Z_SYNC_FLUSH) == Z_OK);
    out.resize(out.size() - zlib_.avail_out);
    return out;
  }

 private:
  z_stream zlib_{};
};

// What is compressed.
inline std::string Plain(const SpdyHeaders& headers) {
  std::string plain;
  AppendNumber(plain, static_cast<uint32_t>(headers.size()));
  for (const auto& [name, value] : headers) {
    for (const auto& text : {name, value}) {
      AppendNumber(plain, static_cast<uint32_t>(text.size()));
      plain += text;
    }
  }
  return plain;
}

}  // namespace jobpod::streaming
