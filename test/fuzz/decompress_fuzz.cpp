// The decoders: pieces in and out make no difference, and whatever gzip data is taken is taken by zlib with
// the same result.
#include <zlib.h>

#include <cstdio>
#include <optional>
#include <string>

#include "image/decompress.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;

constexpr size_t kMost = 8u << 20;  // of decoded bytes: fuzzing looks for errors, not for bombs

// Nothing on an error or when there is too much.
std::optional<std::string> Decode(std::string_view blob, size_t piece, size_t window) {
  fuzz::Pieces pieces(blob, piece);
  auto decoder = MakeDecoder(DetectCompression(blob), pieces);
  fuzz::Require(decoder.ok(), "a decoder");
  std::string out, buffer(window, '\0');
  for (;;) {
    StatusOr<size_t> got = (*decoder)->Read(buffer.data(), window);
    if (!got.ok()) return std::nullopt;
    fuzz::Require(*got <= window, "no more than asked for");
    out.append(buffer, 0, *got);
    if (out.size() > kMost) return std::nullopt;
    if (*got < window) return out;
  }
}

// What zlib makes of the members, zeros behind them aside.
std::optional<std::string> Zlib(std::string_view blob) {
  std::string out, buffer(1u << 16, '\0');
  while (!blob.empty() && blob[0] != 0) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(blob.data()));
    stream.avail_in = static_cast<uInt>(blob.size());
    int code = Z_OK;
    while (code == Z_OK && out.size() <= 2 * kMost) {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      code = inflate(&stream, Z_NO_FLUSH);
      out.append(buffer, 0, buffer.size() - stream.avail_out);
    }
    blob.remove_prefix(blob.size() - stream.avail_in);
    inflateEnd(&stream);
    if (code != Z_STREAM_END) return std::nullopt;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view blob(reinterpret_cast<const char*>(data), size);
  std::optional<std::string> whole = Decode(blob, 1u << 20, 1u << 16);
  std::optional<std::string> parts = Decode(blob, 13, 5000);
  fuzz::Require(whole == parts, "the pieces of a stream make no difference");
  if (whole && DetectCompression(blob) == Compression::kGzip)
    fuzz::Require(Zlib(blob) == whole, "zlib agrees");
  return 0;
}
