// A whole layer into a real directory: whatever the archive says, its neighbour stays as it is.
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "base/file.hpp"
#include "image/layer_unpack.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
namespace fs = std::filesystem;

// On memory, away from any test beside it; removed when the program ends.
struct Arena {
  std::string path = "/dev/shm/jobpod-fuzz-XXXXXX";
  Arena() {
    fuzz::Require(mkdtemp(path.data()) != nullptr, "a directory in /dev/shm");
    fuzz::Require(WriteFileAtomic(path + "/secret", "untouched").ok(), "a neighbour");
  }
  ~Arena() { RemoveTree(path).IgnoreError(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Arena arena;
  std::string layer = arena.path + "/layer";
  fuzz::Require(mkdir(layer.c_str(), 0755) == 0, "an empty directory");
  std::string tar(reinterpret_cast<const char*>(data), size);
  fuzz::FixChecksums(tar);
  size_t given = 0;
  ByteSource source = [&](char* buffer, size_t room) -> StatusOr<size_t> {
    size_t part = std::min(room, tar.size() - given);
    memcpy(buffer, tar.data() + given, part);
    given += part;
    return part;
  };
  UnpackBudget budget({.max_bytes = 1u << 20, .max_entries = 300});
  (void)UnpackLayer(source, layer, size % 2 == 1, budget, {});
  fuzz::Require(ReadFile(arena.path + "/secret").value_or("") == "untouched", "the neighbour's content");
  fuzz::Require(RemoveTree(layer).ok(), "removal");
  size_t left = 0;
  for (const auto& entry : fs::directory_iterator(arena.path)) left += entry.exists() ? 1 : 0;
  fuzz::Require(left == 1, "nothing beside the layer");
  return 0;
}
