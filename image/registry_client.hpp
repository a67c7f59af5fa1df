// One repository at its registry and mirrors, for one pull: manifests and blobs by digest.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "image/layer_unpack.hpp"
#include "image/manifest.hpp"
#include "image/registry_endpoint.hpp"

namespace jobpod {

struct FetchedManifest {
  std::string bytes, media_type, digest;  // the digest of the bytes
};

// Thread-safe.
class RegistryClient {
 public:
  // `hosts` in the order they are asked; only the last that may be pulled from is asked repeatedly.
  RegistryClient(const Reference& reference, const Credentials& credentials, const std::vector<RegistryHost>& hosts,
                 const RegistrySettings& settings = {});

  // What the registry's own HEAD says the tag points at; empty when it does not say. DataLoss when it
  // says of a digest that it is another one.
  StatusOr<std::string> CurrentDigest(const std::string& version, std::stop_token stop);

  // By tag or digest; a digest is verified. ResourceExhausted when it is over `max_bytes`.
  StatusOr<FetchedManifest> Manifest(const std::string& version, uint64_t max_bytes, std::stop_token stop);

  // A whole small blob, verified.
  StatusOr<std::string> SmallBlob(const Descriptor& blob, uint64_t max_bytes, std::stop_token stop);

  // A blob as a stream. Broken connections are taken up again where they ended, be it elsewhere. Its digest is NOT
  // verified, its size is. `on_bytes` hears the count of bytes given out so far. The source must not
  // outlive this object.
  StatusOr<ByteSource> OpenBlob(const Descriptor& blob, std::function<void(uint64_t)> on_bytes,
                                std::stop_token stop);

 private:
  // Those to ask, in order, without the ones that were down unless they are the last.
  std::vector<RegistryEndpoint*> Able(bool RegistryHost::*able) const;
  // Asks one endpoint after the other until one answers; the last error wins (that of the registry).
  template <typename Function>
  auto FromAny(bool RegistryHost::*able, Function ask) -> decltype(ask(std::declval<RegistryEndpoint&>()));

  std::vector<std::unique_ptr<RegistryEndpoint>> endpoints_;
};

}  // namespace jobpod
