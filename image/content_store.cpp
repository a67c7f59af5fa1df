#include "image/content_store.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "base/log.hpp"
#include "image/digest.hpp"
#include "image/disk.hpp"

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

StatusOr<std::vector<std::string>> ContentStore::List() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(directory_));
  std::vector<std::string> out;
  for (const std::string& name : names)
    if (std::string digest = Concat("sha256:", name); IsDigest(digest)) out.push_back(std::move(digest));
  return out;
}

void ContentStore::Sweep() const {
  for (const std::string& name : ListDirectory(directory_).value_or(std::vector<std::string>())) {
    if (!name.ends_with(".tmp")) continue;
    const Status removed = RemoveTree(Concat(directory_, "/", name));
    if (!removed.ok()) log::warn("{}", Message(removed));
  }
}

uint64_t ContentStore::TotalBytes() const {
  uint64_t total = 0;
  for (const std::string& digest : List().value_or(std::vector<std::string>())) {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(Path(digest), error);
    if (!error) total += size;
  }
  return total;
}

}  // namespace jobpod
