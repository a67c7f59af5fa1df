// One 512-byte header block of a tar stream: v7, ustar and GNU.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

inline constexpr size_t kTarBlock = 512;

// Numbers as the block gives them; names end at their first NUL.
struct TarHeader {
  char type = '0';
  std::string name, link;
  uint64_t size = 0;
  uint32_t mode = 0;  // permission bits with setuid, setgid and sticky
  uint64_t uid = 0, gid = 0;
  int64_t mtime = 0;  // seconds since the epoch
};

bool IsZeroBlock(std::string_view block);

// InvalidArgument when the checksum is wrong or a number is none.
StatusOr<TarHeader> ParseTarHeader(std::string_view block);

// The header block of a plain file of mode 0644, root's, without a time. `name` is at most 100 bytes.
std::string MakeTarHeader(const std::string& name, uint64_t size);

// Hostile text for an error or a log, in quotes: all but printable ASCII escaped (a message must stay valid
// UTF-8), cut at 200 bytes.
std::string Quoted(std::string_view text);

}  // namespace jobpod
