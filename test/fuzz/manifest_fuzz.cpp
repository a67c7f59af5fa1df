// The JSON documents of registries and archives, each reader on every input.
#include <algorithm>
#include <string>

#include "image/digest.hpp"
#include "image/manifest.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;

void CheckDescriptor(const Descriptor& descriptor) {
  fuzz::Require(IsDigest(descriptor.digest), "a digest");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* type : {"", "application/vnd.oci.image.index.v1+json"}) {
    const auto document = ParseManifest(text, type);
    if (!document.ok()) continue;
    for (const Descriptor& entry : document->entries) CheckDescriptor(entry);
    for (const Descriptor& layer : document->manifest.layers) CheckDescriptor(layer);
    if (!document->is_index) CheckDescriptor(document->manifest.config);
  }
  if (const auto config = ParseConfig(text); config.ok())
    for (const std::string& id : config->diff_ids) fuzz::Require(IsDigest(id), "a diff id");
  (void)ParseSavedImages(text);
  fuzz::Require(ParseToken(text).size() <= 3 * size, "a token out of the answer");
  const std::string message = RegistryMessage(text);
  fuzz::Require(message.size() <= 300, "a short message");
  fuzz::Require(std::ranges::all_of(message, [](char c) { return c >= ' ' && c < 0x7f; }), "a printable message");
  return 0;
}
