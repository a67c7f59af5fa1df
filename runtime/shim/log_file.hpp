// The file a container's log is written to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.hpp"

namespace jobpod {

// Owns its descriptor or handle. Not thread-safe.
class LogFile {
 public:
  LogFile() = default;  // no file
  LogFile(LogFile&& other) noexcept : file_(std::exchange(other.file_, kNone)), error_(other.error_) {}
  LogFile& operator=(LogFile&& other) noexcept {
    std::swap(file_, other.file_);
    error_ = other.error_;
    return *this;
  }
  ~LogFile();

  // Opens or creates (0640) an absolute path for appending. Others may read, rename and remove the file
  // meanwhile. InvalidArgument when the path is relative or is not a regular file; links are refused too, and
  // nothing waits.
  static StatusOr<LogFile> Open(const std::string& path);

  explicit operator bool() const { return file_ != kNone; }

  // Writes at the end of the file and gives how many bytes went; fewer than all of them when it failed.
  size_t Append(std::string_view bytes);

  // Why the last Append was short.
  Status Error() const;

  // Takes `bytes` off the file's end.
  bool CutBack(size_t bytes);

  // The directory part of an absolute path; InvalidArgument for a relative one.
  static StatusOr<std::string> DirectoryOf(const std::string& path);

 private:
  static constexpr intptr_t kNone = -1;
  explicit LogFile(intptr_t file) : file_(file) {}

  intptr_t file_ = kNone;
  int error_ = 0;
};

}  // namespace jobpod
