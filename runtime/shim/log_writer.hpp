// A container's CRI log: "<RFC 3339 UTC with nanoseconds> stdout|stderr P|F <text>\n". P marks a piece of
// a line that goes on in the next record of its stream, F the end of a line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "runtime/shim/log_file.hpp"

namespace jobpod {

enum class LogStream { kStdout = 0, kStderr = 1 };

inline constexpr size_t kDefaultLogLineLimit = 16384;

// Not thread-safe. Never waits for anything but the file system, and never fails once open: what cannot
// be written (disk full) is dropped and counted, and one line says so when space has returned.
class LogWriter {
 public:
  // Makes the directories, opens or creates (0640) the file for appending. An empty path: everything is
  // dropped. `line_limit`: bytes of a line before it is split; 0 = kDefaultLogLineLimit.
  // InvalidArgument when the path is relative or is not a regular file (links are refused too).
  static StatusOr<std::unique_ptr<LogWriter>> Open(const std::string& path, size_t line_limit);

  // Takes output as it was read, in pieces of any size.
  void Append(LogStream stream, std::string_view bytes);

  // Writes a rest without newline as a P record. Called once at the end of each stream.
  void Finish(LogStream stream);

  // Goes on in a new file at the same path (the old one has been renamed). On failure the old file stays
  // in use and nothing is made.
  Status Reopen();

  // Records dropped and not yet reported in the log.
  uint64_t dropped() const { return dropped_; }

  // Called with the number of records lost since it was called last and the reason: when losing begins, then at
  // most once a second.
  using LossFunction = std::function<void(uint64_t records, const Status& why)>;
  void TellLosses(LossFunction on_loss) { on_loss_ = std::move(on_loss); }
  // Calls it now if there is something untold: before the log is closed.
  void TellLoss();

 private:
  LogWriter(std::string path, size_t line_limit, LogFile file);

  void TakeLine(LogStream stream, std::string_view end);
  void SplitPending(LogStream stream);
  void AddRecord(LogStream stream, char tag, std::string_view text);
  void AddTime();
  void Flush();
  std::string TakeMarker();
  void DropFrom(std::string_view batch, size_t marker, size_t written);
  void CutBack(size_t torn);

  const std::string path_;
  const size_t line_limit_;
  LogFile file_;
  std::string pending_[2];  // of each stream, the start of a line whose end has not come
  std::string batch_;       // records of the current call
  LogStream last_stream_ = LogStream::kStdout;
  int64_t second_ = -1;  // the second `date_` is for
  char date_[20] = {};   // "YYYY-MM-DDTHH:MM:SS"
  LossFunction on_loss_;
  uint64_t dropped_ = 0, untold_ = 0;
  std::chrono::steady_clock::time_point told_{};
  bool torn_ = false;  // the file ends inside a record
};

}  // namespace jobpod
