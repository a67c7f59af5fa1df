#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <set>

#include "base/file_linux.hpp"
#include "image/disk.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kBlock = 4096;
constexpr int kMaxDepth = 1024;

class ContentMeter {
 public:
  explicit ContentMeter(FilesystemUsage& usage) : usage_(usage) {}

  Status Enter(Fd directory, int depth) {
    if (depth > kMaxDepth) return absl::DataLossError("it is nested too deep");
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(directory.get()), closedir);
    if (!stream) return ErrnoStatus(errno, "list a directory");
    directory.Release();
    const int at = dirfd(stream.get());
    while (const dirent* entry = readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") RETURN_IF_ERROR(Count(at, entry->d_name, depth));
    }
    return absl::OkStatus();
  }

 private:
  Status Count(int directory, const char* name, int depth) {
    struct stat info {};
    if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
      return ErrnoStatus(errno, "look at a file");
    if (S_ISDIR(info.st_mode)) {
      ++usage_.inodes_used;
      Fd inner(openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      return inner ? Enter(std::move(inner), depth + 1) : ErrnoStatus(errno, "open a directory");
    }
    if (info.st_nlink > 1 && !seen_.insert(info.st_ino).second) return absl::OkStatus();
    ++usage_.inodes_used;
    if (S_ISREG(info.st_mode)) {
      const auto size = static_cast<uint64_t>(info.st_size);
      usage_.used_bytes += (size + kBlock - 1) / kBlock * kBlock;
    }
    return absl::OkStatus();
  }

  FilesystemUsage& usage_;
  std::set<ino_t> seen_;  // with several names
};

}  // namespace

StatusOr<FilesystemUsage> MeasureContent(const std::string& path) {
  FilesystemUsage usage{path, 0, 0};
  ASSIGN_OR_RETURN(Fd root, OpenFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  RETURN_IF_ERROR(Annotate(ContentMeter(usage).Enter(std::move(root), 0), Concat("measure ", path)));
  return usage;
}

Status SyncDisk(const std::string& path) {
  ASSIGN_OR_RETURN(const Fd directory, OpenFile(path, O_RDONLY | O_DIRECTORY));
  if (::syncfs(directory.get()) != 0) return ErrnoStatus(errno, Concat("write ", path, " to the disk"));
  return absl::OkStatus();
}

StatusOr<FilesystemUsage> MeasureTree(const std::string& path) {
  char* const paths[] = {const_cast<char*>(path.c_str()), nullptr};
  const std::unique_ptr<FTS, decltype(&fts_close)> walk(
      fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, nullptr), fts_close);
  if (!walk) return ErrnoStatus(errno, Concat("read ", path));
  FilesystemUsage usage{path, 0, 0};
  while (const FTSENT* entry = fts_read(walk.get())) {
    if (entry->fts_level == 0 && entry->fts_info == FTS_NS)
      return ErrnoStatus(entry->fts_errno, Concat("read ", path));
    if (entry->fts_info == FTS_DP || entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR) continue;
    usage.used_bytes += static_cast<uint64_t>(entry->fts_statp->st_blocks) * 512;
    ++usage.inodes_used;
  }
  return usage;
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
