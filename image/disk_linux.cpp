#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "base/file_linux.hpp"
#include "image/disk.hpp"
#include "image/tree_walk_linux.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kBlock = 4096;

enum class Count { kContent, kBlocks };

StatusOr<FilesystemUsage> Measure(const std::string& path, Count what, FilesystemUsage usage) {
  std::set<ino_t> seen;  // with several names
  const auto count = [&](const struct stat& info) {
    if (!S_ISDIR(info.st_mode) && info.st_nlink > 1 && !seen.insert(info.st_ino).second) return;
    ++usage.inodes_used;
    const auto size = static_cast<uint64_t>(S_ISREG(info.st_mode) ? info.st_size : 0);
    usage.used_bytes += what == Count::kBlocks ? static_cast<uint64_t>(info.st_blocks) * 512
                                               : (size + kBlock - 1) / kBlock * kBlock;
  };
  ASSIGN_OR_RETURN(Fd root, OpenFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TreeWalk walk(count, /*tolerant=*/what == Count::kBlocks);
  RETURN_IF_ERROR(Annotate(walk.Run(std::move(root)), Concat("measure ", path)));
  return usage;
}

}  // namespace

StatusOr<FilesystemUsage> MeasureContent(const std::string& path) {
  return Measure(path, Count::kContent, {path, 0, 0});
}

StatusOr<FilesystemUsage> MeasureTree(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return ErrnoStatus(errno, Concat("read ", path));
  return Measure(path, Count::kBlocks, {path, static_cast<uint64_t>(info.st_blocks) * 512, 1});
}

Status SyncDisk(const std::string& path) {
  ASSIGN_OR_RETURN(const Fd directory, OpenFile(path, O_RDONLY | O_DIRECTORY));
  if (::syncfs(directory.get()) != 0) return ErrnoStatus(errno, Concat("write ", path, " to the disk"));
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::vector<std::string> out;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    out.push_back(entry->path().filename());
  if (!error || error == std::errc::no_such_file_or_directory) return out;
  return ErrnoStatus(error.value(), Concat("list ", path));
}

Status AppendFile(const std::string& path, std::string_view text) {
  ASSIGN_OR_RETURN(const Fd file, OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  return WriteAll(file.get(), text, path);
}

}  // namespace jobpod
