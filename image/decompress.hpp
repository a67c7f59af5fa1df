// Streaming decompression of a layer blob.
#pragma once

#include <memory>

#include "base/status.hpp"
#include "image/byte_stream.hpp"
#include "image/layer_unpack.hpp"

namespace jobpod {

// Not thread-safe. Borrows its input.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Fills `out` with the next decoded bytes and returns how many; fewer than `size` only at the end, 0
  // when nothing is left. DataLoss when the stream is damaged or cut off, InvalidArgument when it is
  // something else; both name the offset in the compressed stream.
  virtual StatusOr<size_t> Read(char* out, size_t size) = 0;
};

// Gzip with any number of members; zero bytes after the last one are padding, anything else there is
// refused. Zstandard with any number of frames and windows up to 128 MiB; a stream with wide ones waits for its turn
// at `windows` (null: none is needed) and ends as Cancelled when `stop` comes first.
StatusOr<std::unique_ptr<Decoder>> MakeDecoder(Compression compression, ByteStream& input,
                                               WideWindows* windows = nullptr, std::stop_token stop = {});

// "bzip2", "xz" and the like: what layers never are but tar files sometimes. Empty when unknown.
std::string_view UnsupportedCompression(std::string_view head);

// The three kinds.
std::unique_ptr<Decoder> MakePlainDecoder(ByteStream& input);
StatusOr<std::unique_ptr<Decoder>> MakeGunzip(ByteStream& input);
StatusOr<std::unique_ptr<Decoder>> MakeUnzstd(ByteStream& input, WideWindows* windows, std::stop_token stop);

}  // namespace jobpod
