#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "base/file_linux.hpp"
#include "image/disk.hpp"

namespace jobpod {

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

std::vector<std::string> ListDirectory(const std::string& path) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error))
    out.push_back(entry.path().filename());
  return out;
}

Status AppendFile(const std::string& path, std::string_view text) {
  ASSIGN_OR_RETURN(const Fd file, OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  return WriteAll(file.get(), text, path);
}

}  // namespace jobpod
