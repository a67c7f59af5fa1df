// Reading a container's log while it is being written, over rotations.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.hpp"
#include "cri/cli/log_line.hpp"
#include "cri/cli/log_source.hpp"

namespace jobpod::cli {

// Not thread-safe.
class LogTail {
 public:
  // False = stop reading (the reader is gone).
  using Sink = std::function<bool(const LogLine&)>;

  // Watches the directory of `path`, which must exist; the file itself may come later.
  static StatusOr<LogTail> Open(const std::string& path);

  // Gives every whole line there is now to `sink`. False when `sink` wanted no more.
  StatusOr<bool> Drain(const Sink& sink);

  // Ready when there may be more; Drain resets it.
  Waitable waitable() const { return watch_->waitable(); }

 private:
  explicit LogTail(std::string path) : path_(std::move(path)) {}
  std::unique_ptr<LogFile> NewFile() const;  // the file at the path, when it is not the one that is being read
  StatusOr<bool> ReadToEnd(const Sink& sink);
  bool GiveLines(const Sink& sink);

  std::string path_;
  std::unique_ptr<DirectoryWatch> watch_;
  std::unique_ptr<LogFile> file_;
  std::string rest_;  // the beginning of a line; bounded
};

// Writes lines to standard output and standard error. False when they cannot be written any more.
bool PrintLogLine(const LogLine& line);

}  // namespace jobpod::cli
