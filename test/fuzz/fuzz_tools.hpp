// What the fuzz targets share.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "image/byte_stream.hpp"

namespace jobpod::fuzz {

class Pieces final : public ByteStream {
 public:
  Pieces(std::string_view bytes, size_t piece) : bytes_(bytes), piece_(piece) {}
  StatusOr<std::string_view> Next() override {
    std::string_view next = bytes_.substr(0, piece_);
    bytes_.remove_prefix(next.size());
    return next;
  }

 private:
  std::string_view bytes_;
  size_t piece_;
};

inline void Require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

// Puts the checksum right in every block that says by an 'F' in its place that it is a header: nothing a
// fuzzer makes up would get past it otherwise.
inline void FixChecksums(std::string& tar) {
  constexpr size_t kBlock = 512, kChecksum = 148;
  for (size_t block = 0; block + kBlock <= tar.size(); block += kBlock) {
    if (tar[block + kChecksum] != 'F') continue;
    uint64_t sum = 8 * ' ';
    for (size_t at = 0; at < kBlock; ++at) {
      if (at < kChecksum || at >= kChecksum + 8) sum += static_cast<uint8_t>(tar[block + at]);
    }
    tar.replace(block + kChecksum, 8, fmt::format("{:07o} ", sum));
  }
}

}  // namespace jobpod::fuzz
