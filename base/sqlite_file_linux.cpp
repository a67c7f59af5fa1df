#include "base/sqlite_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file_linux.hpp"

namespace jobpod {
namespace {

// By path: closing a descriptor of a database that is open elsewhere in the process would drop its locks.
Status TakeFromOthers(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0) return absl::OkStatus();
  if (::chmod(path.c_str(), 0600) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, Concat("take the rights of others from the database ", path));
}

}  // namespace

Status MakeSqliteFilePrivate(const std::string& path) {
  const Status made = OpenFile(path, O_RDWR | O_CREAT | O_EXCL, 0600).status();
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  for (const char* end : {"", "-wal", "-shm"}) RETURN_IF_ERROR(TakeFromOthers(path + end));
  return absl::OkStatus();
}

}  // namespace jobpod
