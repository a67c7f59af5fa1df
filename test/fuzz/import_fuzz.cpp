// A whole archive into a real image store. What starts with '{' is the manifest of an OCI layout that is right
// otherwise, what starts with '[' the manifest.json of a docker-save archive, everything else is the archive
// itself. Whatever it says: what came in can be removed, and then nothing is left.
#include <filesystem>
#include <memory>
#include <string>

#include "base/file.hpp"
#include "base/log.hpp"
#include "image/digest.hpp"
#include "image/images.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
namespace fs = std::filesystem;

const std::string kConfig =
    R"({"architecture":"amd64","os":"linux","config":{"Cmd":["a"]},"rootfs":{"type":"layers","diff_ids":[]}})";

// On memory, away from any test beside it; removed when the program ends.
struct Store {
  std::string path = "/dev/shm/jobpod-fuzz-XXXXXX";
  std::unique_ptr<Images> images;
  Store() {
    fuzz::Require(mkdtemp(path.data()) != nullptr, "a directory in /dev/shm");
    const ImageLimits limits{.max_manifest_bytes = 1u << 20, .max_unpacked_bytes = 4u << 20, .max_entries = 300};
    auto opened = Images::Open({.root = path + "/store", .registry_config = "", .limits = limits});
    fuzz::Require(opened.ok(), "an image store");
    images = *std::move(opened);
  }
  ~Store() {
    images.reset();
    RemoveTree(path).IgnoreError();
  }
};

void Put(const std::string& path, const std::string& bytes) {
  fuzz::Require(MakeDirectories(fs::path(path).parent_path()).ok(), "a directory");
  fuzz::Require(WriteFileAtomic(path, bytes).ok(), "a file");
}

void PutBlob(const std::string& layout, const std::string& bytes) {
  Put(layout + "/blobs/sha256/" + DigestHex(DigestOf(bytes)), bytes);
}

void PutLayout(const std::string& layout, const std::string& manifest) {
  PutBlob(layout, kConfig);
  PutBlob(layout, manifest);
  Put(layout + "/index.json", R"({"schemaVersion":2,"manifests":[{"digest":")" + DigestOf(manifest) +
                                  R"(","size":)" + std::to_string(manifest.size()) + "}]}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Store store;
  std::string text(reinterpret_cast<const char*>(data), size);
  const std::string input = store.path + "/input";
  if (text.starts_with('{')) {
    PutLayout(input, text);
  } else if (text.starts_with('[')) {
    Put(input + "/manifest.json", text);
    Put(input + "/c.json", kConfig);
  } else {
    fuzz::FixChecksums(text);
    Put(input, text);
  }
  (void)store.images->Import(input, "", {});
  for (const ImagePointer& image : store.images->List())
    fuzz::Require(store.images->Remove(image->id).ok(), "removal");
  fuzz::Require(store.images->Usage().used_bytes == 0, "no bytes left");
  fuzz::Require(fs::is_empty(store.path + "/store/layers"), "no layers left");
  fuzz::Require(fs::is_empty(store.path + "/store/blobs/sha256"), "no blobs left");
  fuzz::Require(RemoveTree(input).ok(), "removal of the input");
  return 0;
}
