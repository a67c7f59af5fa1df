// Reading a tar stream: ustar, pax (local and global headers), GNU long names and base-256 numbers.
// The stream is hostile; everything it announces is checked and bounded here, except where its paths
// lead, which is the writer's concern.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "image/byte_stream.hpp"
#include "image/layer_unpack.hpp"
#include "image/tar_header.hpp"

namespace jobpod {

using PaxRecords = std::map<std::string, std::string, std::less<>>;

struct TarEntry {
  char type = '0';         // '0' file, '1' hard link, '2' symlink, '5' directory, else as in the header
  std::string path, link;  // as the archive says, without NULs
  uint64_t size = 0;       // of the content that follows; 0 for everything but files
  uint32_t mode = 0;
  uint64_t uid = 0, gid = 0;
  int64_t mtime = 0;  // seconds since the epoch
  int32_t mtime_nanos = 0;
  std::map<std::string, std::string> xattrs;  // names with their namespace: "user.x"
  uint32_t windows_attributes = 0;            // FILE_ATTRIBUTE_…, as layers of Windows give them
  bool sparse = false;
};

// Not thread-safe. Borrows its stream. Errors name the offset in the tar stream.
class TarReader {
 public:
  TarReader(ByteStream& stream, const UnpackLimits& limits) : stream_(stream), limits_(limits) {}

  // The next entry, skipping what is left of the last one; false at the end of the archive.
  StatusOr<bool> Next(TarEntry& entry);

  // The next piece of the entry's content, empty after the last. Valid until the next call.
  StatusOr<std::string_view> Content();

  // Reads what follows the archive's end, so that digests cover it.
  Status Drain();

 private:
  struct Prefixes;  // what extension headers said about the entry that follows

  StatusOr<bool> ReadBlock(char (&block)[kTarBlock]);
  StatusOr<bool> ReadHeader(TarHeader& header);
  StatusOr<bool> TakeExtension(const TarHeader& header, Prefixes& prefixes);
  StatusOr<std::string> ReadExtension(const TarHeader& header);
  Status Fill(TarHeader header, Prefixes& prefixes, TarEntry& entry);
  StatusOr<std::string_view> Take(uint64_t most);
  Status SkipContent();
  Status At(uint64_t offset, const Status& status) const;
  Status CutOff() const;

  ByteStream& stream_;
  const UnpackLimits limits_;
  std::string_view piece_;  // what is left of the stream's last piece
  PaxRecords global_;
  uint64_t offset_ = 0, entries_ = 0;
  uint64_t content_ = 0, padding_ = 0;  // bytes of the current entry still in the stream
};

}  // namespace jobpod
