// Small files and directories of the cgroup file systems. All functions are thread-safe.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

// The file's content without the newline at its end; at most 64 KiB of it.
StatusOr<std::string> ReadCgroupFile(const std::string& path);

// One write of `value` into an existing file. 0 or errno: callers tell the causes apart.
int TryWriteCgroupFile(const std::string& path, std::string_view value);

// The same as a status that names the file and the value.
Status WriteCgroupFile(const std::string& path, std::string_view value);

// Opens for writing by a child that must not allocate or look up anything any more.
StatusOr<Fd> OpenCgroupFile(const std::string& path, int flags);

bool CgroupExists(const std::string& directory);

// Names of the directories in `directory`; none when it does not exist.
std::vector<std::string> CgroupChildren(const std::string& directory);

// A file that is kept open and read from its start each time.
class KeptFile {
 public:
  KeptFile() = default;
  explicit KeptFile(std::string path) : path_(std::move(path)) {}

  // What the file holds now, newline at the end removed; valid until `buffer` changes. Nothing when it
  // cannot be read (missing on this kernel, cgroup removed).
  std::optional<std::string_view> Read(std::string& buffer);

 private:
  std::string path_;
  Fd fd_;
  bool missing_ = false;
};

template <typename Number = uint64_t>
std::optional<Number> ParseNumber(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// Cuts the next piece off `rest`, up to `separator`; false when nothing is left.
inline bool NextPiece(std::string_view& rest, char separator, std::string_view& piece) {
  if (rest.empty()) return false;
  size_t end = rest.find(separator);
  piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return true;
}

// Calls use(key, value) for each "key value" line.
template <typename Use>
void ForEachFlatKey(std::string_view text, Use use) {
  std::string_view line;
  while (NextPiece(text, '\n', line)) {
    size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    if (auto value = ParseNumber(line.substr(space + 1))) use(line.substr(0, space), *value);
  }
}

// The value of one key of such a text.
inline std::optional<uint64_t> FlatKey(std::string_view text, std::string_view wanted) {
  std::optional<uint64_t> found;
  ForEachFlatKey(text, [&](std::string_view key, uint64_t value) {
    if (key == wanted) found = value;
  });
  return found;
}

}  // namespace jobpod
