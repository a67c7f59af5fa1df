// An image archive laid out as files: an OCI layout or a docker-save tree, ours or a stranger's. Every
// file is opened beneath the directory, and only regular files are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/layer_unpack.hpp"
#include "image/manifest.hpp"

namespace jobpod {

class ImportSource {
 public:
  // `directory` may be a stranger's tree.
  static StatusOr<ImportSource> Open(const std::string& directory);
  ImportSource(ImportSource&& other) noexcept;
  ImportSource& operator=(ImportSource&& other) = delete;
  ~ImportSource();

  bool Has(const std::string& path) const;
  StatusOr<uint64_t> Size(const std::string& path) const;
  StatusOr<std::string> Read(const std::string& path, uint64_t max_bytes) const;
  StatusOr<ByteSource> Stream(const std::string& path, std::function<void(uint64_t)> on_bytes) const;

 private:
  struct Tree;  // an open directory
  explicit ImportSource(std::unique_ptr<Tree> tree);

  std::unique_ptr<Tree> tree_;
};

// "blobs/sha256/<hex>" of an OCI layout.
std::string BlobPath(const std::string& digest);

// A stream of a file on this machine.
StatusOr<ByteSource> StreamFile(const std::string& path);

}  // namespace jobpod
