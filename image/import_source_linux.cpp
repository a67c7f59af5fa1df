#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/file_linux.hpp"
#include "image/digest.hpp"
#include "image/import_source.hpp"

namespace jobpod {
namespace {

// Non-blocking, so that a pipe planted in the tree does not hang us before it is recognised.
constexpr int kReadOnly = O_RDONLY | O_NONBLOCK | O_NOCTTY;

StatusOr<struct stat> CheckRegular(const Fd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return ErrnoStatus(errno, Concat("read ", path));
  if (!S_ISREG(status.st_mode)) return absl::InvalidArgumentError(Concat(path, " is not a regular file"));
  return status;
}

StatusOr<Fd> OpenRegular(int directory, const std::string& path) {
  ASSIGN_OR_RETURN(Fd file, OpenBeneath(directory, path, kReadOnly));
  RETURN_IF_ERROR(CheckRegular(file, path).status());
  return file;
}

ByteSource Reading(Fd opened, const std::string& path, std::function<void(uint64_t)> on_bytes) {
  const auto file = std::make_shared<Fd>(std::move(opened));
  uint64_t done = 0;
  return [file, path, on_bytes, done](char* buffer, size_t size) mutable -> StatusOr<size_t> {
    ssize_t got = 0;
    do {
      got = ::read(file->get(), buffer, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return ErrnoStatus(errno, Concat("read ", path));
    done += static_cast<uint64_t>(got);
    if (on_bytes) on_bytes(done);
    return static_cast<size_t>(got);
  };
}

}  // namespace

struct ImportSource::Tree {
  Fd directory;
};

ImportSource::ImportSource(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
ImportSource::ImportSource(ImportSource&& other) noexcept = default;
ImportSource::~ImportSource() = default;

StatusOr<ImportSource> ImportSource::Open(const std::string& directory) {
  ASSIGN_OR_RETURN(Fd opened, OpenFile(directory, O_RDONLY | O_DIRECTORY));
  return ImportSource(std::make_unique<Tree>(Tree{std::move(opened)}));
}

bool ImportSource::Has(const std::string& path) const {
  return OpenRegular(tree_->directory.get(), path).ok();
}

StatusOr<uint64_t> ImportSource::Size(const std::string& path) const {
  ASSIGN_OR_RETURN(const Fd file, OpenRegular(tree_->directory.get(), path));
  ASSIGN_OR_RETURN(const struct stat status, CheckRegular(file, path));
  return static_cast<uint64_t>(status.st_size);
}

StatusOr<std::string> ImportSource::Read(const std::string& path, uint64_t max_bytes) const {
  ASSIGN_OR_RETURN(const Fd file, OpenRegular(tree_->directory.get(), path));
  return ReadAll(file.get(), max_bytes, path);
}

StatusOr<ByteSource> ImportSource::Stream(const std::string& path,
                                          std::function<void(uint64_t)> on_bytes) const {
  ASSIGN_OR_RETURN(Fd file, OpenRegular(tree_->directory.get(), path));
  return Reading(std::move(file), path, std::move(on_bytes));
}

std::string BlobPath(const std::string& digest) {
  return Concat("blobs/sha256/", DigestHex(digest));
}

StatusOr<ByteSource> StreamFile(const std::string& path) {
  ASSIGN_OR_RETURN(Fd file, OpenFile(path, kReadOnly));
  RETURN_IF_ERROR(CheckRegular(file, path).status());
  return Reading(std::move(file), path, nullptr);
}

}  // namespace jobpod
