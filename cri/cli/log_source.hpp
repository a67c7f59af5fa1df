// The files a log is read from, and word of their changes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "cri/cli/event.hpp"

namespace jobpod::cli {

class LogFile {
 public:
  // Null when there is none. Does not hinder its being renamed, removed or written.
  static std::unique_ptr<LogFile> Open(const std::string& path);
  virtual ~LogFile() = default;
  // How many bytes; 0 at what is the end now.
  virtual StatusOr<size_t> Read(char* buffer, size_t size) = 0;
  // Whether this is the file that has the name now.
  virtual bool IsAt(const std::string& path) const = 0;
};

class DirectoryWatch {
 public:
  // The system's error when there is no such directory.
  static StatusOr<std::unique_ptr<DirectoryWatch>> Open(const std::string& directory);
  virtual ~DirectoryWatch() = default;
  // Ready when something in it may have changed since Clear.
  virtual Waitable waitable() const = 0;
  virtual void Clear() = 0;
};

// Writes bytes as they are. False when nobody reads them any more.
bool WriteStandard(bool error_stream, std::string_view bytes);

}  // namespace jobpod::cli
