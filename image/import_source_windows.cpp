#include <winternl.h>

#include <memory>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "image/digest.hpp"
#include "image/import_source.hpp"
#include "image/layer_path.hpp"
#include "image/tree_cursor_windows.hpp"
#include "base/windows_name.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxPath = 4096;

Status CheckRegular(HANDLE file, const std::string& path) {
  FILE_ATTRIBUTE_TAG_INFO info{};
  if (!GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info))
    return LastErrorStatus(Concat("read ", path));
  constexpr DWORD kOther = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE;
  const bool regular = (info.FileAttributes & kOther) == 0 && GetFileType(file) == FILE_TYPE_DISK;
  return regular ? absl::OkStatus() : absl::InvalidArgumentError(Concat(path, " is not a regular file"));
}

// Links in the archive lead nowhere.
StatusOr<Handle> OpenRegular(HANDLE directory, const std::string& path) {
  ASSIGN_OR_RETURN(const PathParts parts, SplitLayerPath(path, kMaxPath));
  if (parts.empty()) return absl::InvalidArgumentError("an empty name is no file");
  for (const std::string& name : parts) RETURN_IF_ERROR(Annotate(CheckWindowsName(name), path));
  ASSIGN_OR_RETURN(const Handle parent, OpenDirectoryBelow(directory, parts, parts.size() - 1));
  ASSIGN_OR_RETURN(Handle file, OpenAt(parent ? parent.get() : directory, Wide(parts.back()),
                                       FILE_GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE));
  RETURN_IF_ERROR(CheckRegular(file.get(), path));
  return file;
}

ByteSource Reading(Handle opened, const std::string& path, std::function<void(uint64_t)> on_bytes) {
  const auto file = std::make_shared<Handle>(std::move(opened));
  uint64_t done = 0;
  return [file, path, on_bytes, done](char* buffer, size_t size) mutable -> StatusOr<size_t> {
    DWORD got = 0;
    if (!::ReadFile(file->get(), buffer, static_cast<DWORD>(std::min<size_t>(size, 1u << 30)), &got, nullptr))
      return LastErrorStatus(Concat("read ", path));
    done += got;
    if (on_bytes) on_bytes(done);
    return static_cast<size_t>(got);
  };
}

}  // namespace

struct ImportSource::Tree {
  Handle directory;
};

ImportSource::ImportSource(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
ImportSource::ImportSource(ImportSource&& other) noexcept = default;
ImportSource::~ImportSource() = default;

StatusOr<ImportSource> ImportSource::Open(const std::string& directory) {
  ASSIGN_OR_RETURN(Handle opened, OpenDirectory(directory));
  return ImportSource(std::make_unique<Tree>(std::move(opened)));
}

bool ImportSource::Has(const std::string& path) const {
  return OpenRegular(tree_->directory.get(), path).ok();
}

StatusOr<uint64_t> ImportSource::Size(const std::string& path) const {
  ASSIGN_OR_RETURN(const Handle file, OpenRegular(tree_->directory.get(), path));
  LARGE_INTEGER size{};
  if (!GetFileSizeEx(file.get(), &size)) return LastErrorStatus(Concat("read ", path));
  return static_cast<uint64_t>(size.QuadPart);
}

StatusOr<std::string> ImportSource::Read(const std::string& path, uint64_t max_bytes) const {
  ASSIGN_OR_RETURN(Handle file, OpenRegular(tree_->directory.get(), path));
  const ByteSource source = Reading(std::move(file), path, nullptr);
  std::string text;
  std::string piece(65536, '\0');
  for (;;) {
    ASSIGN_OR_RETURN(const size_t got, source(piece.data(), piece.size()));
    if (got == 0) return text;
    if (text.size() + got > max_bytes)
      return absl::ResourceExhaustedError(Concat(path, " is larger than ", max_bytes, " bytes"));
    text.append(piece, 0, got);
  }
}

StatusOr<ByteSource> ImportSource::Stream(const std::string& path,
                                          std::function<void(uint64_t)> on_bytes) const {
  ASSIGN_OR_RETURN(Handle file, OpenRegular(tree_->directory.get(), path));
  return Reading(std::move(file), path, std::move(on_bytes));
}

std::string BlobPath(const std::string& digest) {
  return Concat("blobs/sha256/", DigestHex(digest));
}

StatusOr<ByteSource> StreamFile(const std::string& path) {
  ASSIGN_OR_RETURN(Handle file, OpenPath(path, GENERIC_READ, OPEN_EXISTING));
  RETURN_IF_ERROR(CheckRegular(file.get(), path));
  return Reading(std::move(file), path, nullptr);
}

}  // namespace jobpod
