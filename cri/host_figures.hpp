// Figures of the host that metrics report beside what a job has used. Read anew at each call; what cannot
// be read is 0 or left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jobpod {

struct FilesystemSpace {
  uint64_t total_bytes = 0, total_inodes = 0, free_inodes = 0;
};
FilesystemSpace SpaceOf(const std::string& directory);

struct ProcessFigures {
  uint64_t descriptors = 0, sockets = 0;
  uint64_t open_files_limit = 0;  // soft; 0 = unknown or unlimited
};
ProcessFigures FiguresOf(int32_t pid);

struct InterfaceFigures {
  std::string name;
  uint64_t received_bytes = 0, received_packets = 0, received_errors = 0, received_dropped = 0;
  uint64_t sent_bytes = 0, sent_packets = 0, sent_errors = 0, sent_dropped = 0;
};
// All interfaces but the loopback.
std::vector<InterfaceFigures> HostInterfaces();

}  // namespace jobpod
