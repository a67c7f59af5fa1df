#include "image/decompress.hpp"

#include <algorithm>
#include <cstring>

namespace jobpod {
namespace {

using namespace std::string_view_literals;

class PlainDecoder final : public Decoder {
 public:
  explicit PlainDecoder(ByteStream& input) : input_(input) {}

  StatusOr<size_t> Read(char* out, size_t size) override {
    size_t done = 0;
    while (done < size) {
      if (piece_.empty()) {
        ASSIGN_OR_RETURN(piece_, input_.Next());
        if (piece_.empty()) break;
      }
      size_t part = std::min(size - done, piece_.size());
      memcpy(out + done, piece_.data(), part);
      piece_.remove_prefix(part);
      done += part;
    }
    return done;
  }

 private:
  ByteStream& input_;
  std::string_view piece_;
};

// A frame's magic number, or one of the 16 of frames to skip.
bool StartsZstd(std::string_view head) {
  return head.starts_with("\x28\xB5\x2F\xFD"sv) ||
         (head.size() >= 4 && (head[0] & 0xF0) == 0x50 && head.substr(1, 3) == "\x2A\x4D\x18"sv);
}

}  // namespace

Compression DetectCompression(std::string_view head) {
  if (head.starts_with("\x1F\x8B\x08"sv)) return Compression::kGzip;
  return StartsZstd(head) ? Compression::kZstd : Compression::kNone;
}

std::string_view UnsupportedCompression(std::string_view head) {
  if (head.starts_with("BZh"sv)) return "bzip2";
  if (head.starts_with("\xFD"
                       "7zXZ\0"sv))
    return "xz";
  if (head.starts_with("\x04\x22\x4D\x18"sv)) return "lz4";
  if (head.starts_with("PK\x03\x04"sv)) return "zip";
  return {};
}

std::unique_ptr<Decoder> MakePlainDecoder(ByteStream& input) {
  return std::make_unique<PlainDecoder>(input);
}

StatusOr<std::unique_ptr<Decoder>> MakeDecoder(Compression compression, ByteStream& input, WideWindows* windows,
                                               std::stop_token stop) {
  switch (compression) {
    case Compression::kGzip:
      return MakeGunzip(input);
    case Compression::kZstd:
      return MakeUnzstd(input, windows, std::move(stop));
    case Compression::kNone:
      break;
  }
  return MakePlainDecoder(input);
}

}  // namespace jobpod
