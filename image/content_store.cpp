#include "image/content_store.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "image/digest.hpp"

namespace jobpod {

ContentStore::ContentStore(const std::string& root) : directory_(Concat(root, "/blobs/sha256")) {}

std::string ContentStore::Path(const std::string& digest) const {
  return Concat(directory_, "/", DigestHex(digest));
}

StatusOr<std::string> ContentStore::Read(const std::string& digest) const {
  if (!IsDigest(digest)) return absl::InvalidArgumentError(Concat("\"", digest, "\" is no digest"));
  ASSIGN_OR_RETURN(std::string bytes, ReadFile(Path(digest)));
  if (DigestOf(bytes) != digest) return absl::DataLossError(Concat("blob ", Path(digest), " is damaged"));
  return bytes;
}

Status ContentStore::Write(const std::string& digest, std::string_view bytes) const {
  RETURN_IF_ERROR(MakeDirectories(directory_, 0700));
  return WriteFileAtomic(Path(digest), bytes, 0600);
}

Status ContentStore::Remove(const std::string& digest) const {
  return RemoveTree(Path(digest));
}

std::vector<std::string> ContentStore::List() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    std::string digest = Concat("sha256:", entry.path().filename().string());
    if (IsDigest(digest)) out.push_back(std::move(digest));
  }
  return out;
}

uint64_t ContentStore::TotalBytes() const {
  uint64_t total = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const uint64_t size = entry.file_size(error);
    if (!error) total += size;
  }
  return total;
}

}  // namespace jobpod
