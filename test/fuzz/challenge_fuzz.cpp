// WWW-Authenticate, Retry-After and Location: what a stranger's headers say.
#include <algorithm>
#include <string>

#include "image/registry_auth.hpp"
#include "image/retry.hpp"
#include "image/url.hpp"
#include "test/fuzz/fuzz_tools.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jobpod;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Challenge challenge = ParseChallenge(text);
  const size_t parts = std::max({challenge.scheme.size(), challenge.realm.size(), challenge.service.size(),
                                 challenge.scope.size()});
  fuzz::Require(parts <= size, "parts of the header");
  fuzz::Require(std::ranges::none_of(challenge.scheme, [](char c) { return c >= 'A' && c <= 'Z'; }), "lower case");
  const auto wait = ParseRetryAfter(text, 1'700'000'000);
  fuzz::Require(wait.count() >= 0 && wait <= std::chrono::hours(24), "a wait within bounds");
  const Url base = ParseUrl("https://registry.example/v2/app/blobs/x").value();
  if (const auto next = ResolveUrl(base, text); next.ok()) {
    fuzz::Require(next->target.starts_with('/') && !next->host.empty(), "a URL");
    for (const char c : Concat(next->host, next->target))
      fuzz::Require(static_cast<unsigned char>(c) > ' ' && c != 0x7f, "no lines of its own");
  }
  return 0;
}
