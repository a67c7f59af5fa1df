#include "volumes/mount_info_linux.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "volumes/mount_call_linux.hpp"

namespace jobpod {
namespace {

// "\040" and the like stand for the characters that separate fields.
std::string Unescape(const std::string& text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 3 < text.size()) {
      plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

bool HasSharedField(std::istringstream& fields) {
  for (std::string field; fields >> field && field != "-";) {
    if (field.starts_with("shared:")) return true;
  }
  return false;
}

}  // namespace

StatusOr<MountInfo> MountOf(int fd) {
  ASSIGN_OR_RETURN(uint64_t wanted, MountIdOf(fd));
  struct statvfs flags {};
  if (fstatvfs(fd, &flags) != 0) return ErrnoStatus(errno, "read mount flags");
  std::ifstream lines("/proc/self/mountinfo");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    uint64_t id = 0;
    std::string parent, device, root, mount_point, options;
    fields >> id >> parent >> device >> root >> mount_point >> options;
    if (id != wanted) continue;
    return MountInfo{Unescape(mount_point), HasSharedField(fields), (flags.f_flag & ST_RDONLY) != 0};
  }
  return absl::NotFoundError("The mount is not in the daemon's mount namespace");
}

}  // namespace jobpod
