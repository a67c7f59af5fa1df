#include "runtime/cgroup_file_linux.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace jobpod {
namespace {

constexpr size_t kMaxFile = 64u << 10;
constexpr size_t kFirstRead = 4u << 10;

// Fills `buffer` from the start of the file. cgroup files may give a page at a time.
bool ReadFromStart(int fd, std::string& buffer) {
  size_t used = 0;
  for (;;) {
    if (buffer.size() < used + kFirstRead) buffer.resize(used + kFirstRead);
    ssize_t got = pread(fd, buffer.data() + used, buffer.size() - used, static_cast<off_t>(used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    used += static_cast<size_t>(got);
    if (got == 0 || used >= kMaxFile || static_cast<size_t>(got) < kFirstRead / 2) break;
  }
  if (used > 0 && buffer[used - 1] == '\n') --used;
  buffer.resize(used);
  return true;
}

}  // namespace

StatusOr<Fd> OpenCgroupFile(const std::string& path, int flags) {
  int fd = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return ErrnoStatus(errno, Concat("open ", path));
  return Fd(fd);
}

StatusOr<std::string> ReadCgroupFile(const std::string& path) {
  ASSIGN_OR_RETURN(Fd fd, OpenCgroupFile(path, O_RDONLY));
  std::string content;
  if (!ReadFromStart(fd.get(), content)) return ErrnoStatus(errno, Concat("read ", path));
  return content;
}

int TryWriteCgroupFile(const std::string& path, std::string_view value) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_TRUNC));
  if (!fd) return errno;
  ssize_t written;
  do {
    written = write(fd.get(), value.data(), value.size());
  } while (written < 0 && errno == EINTR);
  return written < 0 ? errno : 0;
}

Status WriteCgroupFile(const std::string& path, std::string_view value) {
  int error = TryWriteCgroupFile(path, value);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(error, Concat("write \"", value, "\" to ", path));
}

bool CgroupExists(const std::string& directory) {
  struct stat info {};
  return lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::vector<std::string> CgroupChildren(const std::string& directory) {
  std::vector<std::string> names;
  // Two links, its name and its dot, mean that nothing is below: cheaper than listing the files.
  struct stat info {};
  if (lstat(directory.c_str(), &info) != 0 || info.st_nlink == 2) return names;
  std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
  while (stream) {
    dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

std::optional<std::string_view> KeptFile::Read(std::string& buffer) {
  if (!fd_ && !missing_) {
    fd_.Reset(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    missing_ = !fd_;
  }
  if (missing_ || !ReadFromStart(fd_.get(), buffer)) return std::nullopt;
  return std::string_view(buffer);
}

}  // namespace jobpod
