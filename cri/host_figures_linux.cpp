#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "cri/host_figures.hpp"

namespace jobpod {
namespace {

namespace fs = std::filesystem;

void CountDescriptors(int32_t pid, ProcessFigures& figures) {
  std::error_code error;
  for (fs::directory_iterator entry(Concat("/proc/", pid, "/fd"), error), end; !error && entry != end;
       entry.increment(error)) {
    ++figures.descriptors;
    std::error_code gone;
    const std::string target = fs::read_symlink(entry->path(), gone).native();
    if (target.rfind("socket:", 0) == 0) ++figures.sockets;
  }
}

uint64_t OpenFilesLimit(int32_t pid) {
  std::ifstream limits(Concat("/proc/", pid, "/limits"));
  const std::string wanted = "Max open files";
  for (std::string line; std::getline(limits, line);) {
    uint64_t soft = 0;
    if (line.rfind(wanted, 0) != 0) continue;
    std::istringstream(line.substr(wanted.size())) >> soft;
    return soft;
  }
  return 0;
}

}  // namespace

FilesystemSpace SpaceOf(const std::string& directory) {
  struct statvfs figures {};
  if (directory.empty() || ::statvfs(directory.c_str(), &figures) != 0) return {};
  return {figures.f_blocks * figures.f_frsize, figures.f_files, figures.f_favail};
}

ProcessFigures FiguresOf(int32_t pid) {
  ProcessFigures figures;
  if (pid <= 0) return figures;
  CountDescriptors(pid, figures);
  figures.open_files_limit = OpenFilesLimit(pid);
  return figures;
}

// "  eth0: bytes packets errs drop fifo frame compressed multicast  bytes packets errs drop …"
std::vector<InterfaceFigures> HostInterfaces() {
  std::vector<InterfaceFigures> interfaces;
  std::ifstream table("/proc/net/dev");
  for (std::string line; std::getline(table, line);) {
    const size_t colon = line.find(':');
    const size_t begin = line.find_first_not_of(' ');
    if (colon == std::string::npos || line.compare(begin, colon - begin, "lo") == 0) continue;
    InterfaceFigures f;
    f.name = line.substr(begin, colon - begin);
    uint64_t skip = 0;
    std::istringstream(line.substr(colon + 1)) >> f.received_bytes >> f.received_packets >>
        f.received_errors >> f.received_dropped >> skip >> skip >> skip >> skip >> f.sent_bytes >>
        f.sent_packets >> f.sent_errors >> f.sent_dropped;
    interfaces.push_back(std::move(f));
  }
  return interfaces;
}

}  // namespace jobpod
