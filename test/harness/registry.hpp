// A real OCI registry (Debian's docker-registry) on a free loopback port, with the test images in it.
#pragma once

#include <string>

#include "test/harness/process.hpp"

namespace jobpod::test {

class Registry {
 public:
  Registry();
  // With TLS by a certificate of its own, and for one account only, "user:password".
  explicit Registry(const std::string& account);

  uint16_t port() const { return port_; }
  // "127.0.0.1:PORT/<name>:latest".
  std::string Reference(const std::string& name) const;

  std::string certificate() const { return directory_ / "ca.pem"; }

  // Copies `<layout>:<tag>` to Reference(tag), or to `as` when given; `format` "oci" or "v2s2",
  // `compression` "gzip", "zstd" or "" for as it is.
  void Push(const std::string& layout, const std::string& tag, const std::string& as = "",
            const std::string& format = "oci", const std::string& compression = "") const;

  // The file that holds a blob or manifest by its digest: tests damage it.
  std::string BlobFile(const std::string& digest) const;
  // "sha256:…" of the manifest of an image.
  std::string ManifestDigest(const std::string& name) const;

 private:
  void Start(const std::string& more);

  TemporaryDirectory directory_;
  std::string account_;
  uint16_t port_ = 0;
  Process process_;
};

// The directory of test images as one OCI layout, built once for each program (see test/images/make).
const std::string& ImageLayout();

}  // namespace jobpod::test
