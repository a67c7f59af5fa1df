// Image references: whatever is taken has a normal form that means the same, and nothing in it that could reach into a
// path, a URL or a header.
#include <string>

#include "image/digest.hpp"
#include "image/reference.hpp"
#include "test/fuzz/fuzz_tools.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jobpod;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = ParseReference(text);
  if (!parsed.ok()) {
    fuzz::Require(Message(parsed.status()).size() < 1000, "a short error");
    return 0;
  }
  const std::string full = parsed->Full();
  for (const char c : full) fuzz::Require(c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '\\', "plain characters");
  fuzz::Require(full.find("..") == std::string::npos || parsed->repository.find("..") == std::string::npos,
                "no way up in the repository");
  fuzz::Require(parsed->digest.empty() || IsDigest(parsed->digest), "a digest");
  fuzz::Require(parsed->tag.empty() != parsed->digest.empty(), "a tag or a digest");
  const auto again = ParseReference(full);
  fuzz::Require(again.ok() && again->Full() == full && again->host == parsed->host, "a normal form");
  return 0;
}
