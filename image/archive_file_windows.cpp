#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/id.hpp"
#include "base/win32_windows.hpp"
#include "image/archive_file.hpp"

namespace jobpod {
namespace {

StatusOr<Handle> MakeFile(const std::string& path) {
  return OpenPath(path, GENERIC_WRITE, CREATE_NEW, FILE_FLAG_OPEN_REPARSE_POINT);
}

class WindowsArchiveFile final : public ArchiveFile {
 public:
  WindowsArchiveFile(Handle file, const std::string& path, const std::string& partial)
      : file_(std::move(file)), path_(path), partial_(partial) {}
  ~WindowsArchiveFile() override {
    file_.Reset();
    if (!partial_.empty()) RemoveTree(partial_).IgnoreError();
  }

  Status Write(std::string_view bytes) override { return WriteAll(file_.get(), bytes, path_); }

  Status Commit() override {
    if (!FlushFileBuffers(file_.get())) return LastErrorStatus(Concat("write ", path_, " to the disk"));
    file_.Reset();
    RETURN_IF_ERROR(Annotate(RenamePath(partial_, path_), Concat("put ", path_, " in its place")));
    partial_.clear();
    return absl::OkStatus();
  }

 private:
  Handle file_;
  const std::string path_;
  std::string partial_;
};

}  // namespace

StatusOr<std::unique_ptr<ArchiveFile>> ArchiveFile::Create(const std::string& path) {
  const std::string partial = Concat(path, ".", NewId().substr(0, 12), ".partial");
  ASSIGN_OR_RETURN(Handle file, MakeFile(partial));
  return std::make_unique<WindowsArchiveFile>(std::move(file), path, partial);
}

StatusOr<ByteSource> Keeping(ByteSource source, const std::string& path) {
  ASSIGN_OR_RETURN(Handle opened, MakeFile(path));
  const auto file = std::make_shared<Handle>(std::move(opened));
  return [source = std::move(source), file, path](char* buffer, size_t size) -> StatusOr<size_t> {
    ASSIGN_OR_RETURN(const size_t got, source(buffer, size));
    RETURN_IF_ERROR(WriteAll(file->get(), {buffer, got}, path));
    return got;
  };
}

}  // namespace jobpod
