// The tar reader and the path rules. The header checksums are put right first, or nothing would pass.
#include <string>
#include <vector>

#include "image/layer_path.hpp"
#include "image/tar_reader.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;

std::vector<std::string> ReadAll(std::string_view tar, size_t piece) {
  fuzz::Pieces pieces(tar, piece);
  UnpackLimits limits{.max_bytes = 16u << 20, .max_entries = 1000};
  TarReader reader(pieces, limits);
  std::vector<std::string> seen;
  TarEntry entry;
  for (;;) {
    StatusOr<bool> more = reader.Next(entry);
    if (!more.ok()) seen.emplace_back(Message(more.status()));
    if (!more.ok() || !*more) return seen;
    StatusOr<PathParts> parts = SplitLayerPath(entry.path, limits.max_path);
    for (const std::string& part : parts.value_or(PathParts{})) {
      fuzz::Require(!part.empty() && part != "." && part != ".." && part.find('/') == part.npos,
                    "a path part");
      if (ClassifyName(part) == NameKind::kWhiteout) (void)WhiteoutTarget(part);
    }
    fuzz::Require(entry.mtime_nanos >= 0 && entry.mtime_nanos < 1'000'000'000, "nanoseconds");
    seen.push_back(entry.path + '\0' + entry.link + '\0' + std::to_string(entry.size));
    uint64_t got = 0;
    StatusOr<std::string_view> part = reader.Content();
    for (; part.ok() && !part->empty(); part = reader.Content()) got += part->size();
    fuzz::Require(!part.ok() || got == entry.size, "content as long as announced");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string tar(reinterpret_cast<const char*>(data), size);
  fuzz::FixChecksums(tar);
  fuzz::Require(ReadAll(tar, 1u << 20) == ReadAll(tar, 97), "the pieces of a stream make no difference");
  return 0;
}
