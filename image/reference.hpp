// Image references, normalised the way Docker users expect: "busybox" means
// "docker.io/library/busybox:latest".
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

struct Reference {
  std::string host;        // "docker.io", "127.0.0.1:5000"
  std::string repository;  // "library/busybox"
  std::string tag;         // empty when there is a digest: the digest alone decides
  std::string digest;      // "sha256:…" or empty

  // "docker.io/library/busybox".
  std::string Name() const;
  // "docker.io/library/busybox:latest" or "…@sha256:…".
  std::string Full() const;
  // What a registry is asked for: the digest if there is one, else the tag.
  const std::string& Version() const { return digest.empty() ? tag : digest; }
};

// InvalidArgument when `text` is no reference.
StatusOr<Reference> ParseReference(const std::string& text);

// Whether `host` ("localhost:5000", "127.0.0.1", "[::1]:80") is this machine, where registries speak
// plain HTTP.
bool IsLoopbackHost(const std::string& host);

}  // namespace jobpod
