#include "image/archive_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/file_linux.hpp"
#include "base/id.hpp"

namespace jobpod {
namespace {

constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

class LinuxArchiveFile final : public ArchiveFile {
 public:
  LinuxArchiveFile(Fd file, const std::string& path, const std::string& partial)
      : file_(std::move(file)), path_(path), partial_(partial) {}
  ~LinuxArchiveFile() override {
    if (!partial_.empty()) ::unlink(partial_.c_str());
  }

  Status Write(std::string_view bytes) override { return WriteAll(file_.get(), bytes, path_); }

  Status Commit() override {
    if (::fsync(file_.get()) != 0) return ErrnoStatus(errno, Concat("write ", path_, " to the disk"));
    if (std::rename(partial_.c_str(), path_.c_str()) != 0)
      return ErrnoStatus(errno, Concat("put ", path_, " in its place"));
    partial_.clear();
    return absl::OkStatus();
  }

 private:
  Fd file_;
  const std::string path_;
  std::string partial_;
};

}  // namespace

StatusOr<std::unique_ptr<ArchiveFile>> ArchiveFile::Create(const std::string& path) {
  const std::string partial = Concat(path, ".", NewId().substr(0, 12), ".partial");
  ASSIGN_OR_RETURN(Fd file, OpenFile(partial, kNewFile, 0600));
  return std::make_unique<LinuxArchiveFile>(std::move(file), path, partial);
}

StatusOr<ByteSource> Keeping(ByteSource source, const std::string& path) {
  ASSIGN_OR_RETURN(Fd opened, OpenFile(path, kNewFile, 0600));
  const auto file = std::make_shared<Fd>(std::move(opened));
  return [source = std::move(source), file, path](char* buffer, size_t size) -> StatusOr<size_t> {
    ASSIGN_OR_RETURN(const size_t got, source(buffer, size));
    RETURN_IF_ERROR(WriteAll(file->get(), {buffer, got}, path));
    return got;
  };
}

}  // namespace jobpod
