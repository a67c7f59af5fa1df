#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "runtime/shim/log_writer.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxBatch = 32768;
constexpr size_t kKeptBuffer = 512;  // larger buffers are given back after use
constexpr int64_t kNanosPerSecond = 1'000'000'000;

StatusOr<Fd> OpenLog(const std::string& path) {
  // O_NONBLOCK: a fifo in the way must not stop the shim.
  ASSIGN_OR_RETURN(Fd file,
                   OpenFile(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0640));
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return ErrnoStatus(errno, Concat("look at log file ", path));
  if (S_ISREG(info.st_mode)) return file;
  return absl::InvalidArgumentError(Concat("log file ", path, " is not a regular file; remove it"));
}

void GiveBack(std::string& buffer) {
  if (buffer.capacity() > kKeptBuffer) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace

StatusOr<std::unique_ptr<LogWriter>> LogWriter::Open(const std::string& path, size_t line_limit) {
  if (line_limit == 0) line_limit = kDefaultLogLineLimit;
  Fd file;
  if (!path.empty()) {
    if (path[0] != '/') return absl::InvalidArgumentError(Concat("log path ", path, " is not absolute"));
    std::string directory = path.substr(0, std::max<size_t>(path.rfind('/'), 1));
    if (Status made = MakeDirectories(directory); !made.ok()) return Annotate(made, "container log");
    StatusOr<Fd> opened = OpenLog(path);
    if (!opened.ok()) return Annotate(opened.status(), "container log");
    file = std::move(*opened);
  }
  return std::unique_ptr<LogWriter>(new LogWriter(path, line_limit, std::move(file)));
}

LogWriter::LogWriter(std::string path, size_t line_limit, Fd file)
    : path_(std::move(path)), line_limit_(line_limit), file_(std::move(file)) {}

void LogWriter::Append(LogStream stream, std::string_view bytes) {
  if (!file_) return;
  for (size_t end; (end = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
    TakeLine(stream, bytes.substr(0, end));
    if (batch_.size() >= kMaxBatch) Flush();
  }
  pending_[static_cast<int>(stream)].append(bytes);
  SplitPending(stream);
  Flush();
}

void LogWriter::Finish(LogStream stream) {
  std::string& pending = pending_[static_cast<int>(stream)];
  if (!file_ || pending.empty()) return;
  AddRecord(stream, 'P', pending);
  GiveBack(pending);
  Flush();
}

Status LogWriter::Reopen() {
  if (path_.empty()) return absl::OkStatus();
  StatusOr<Fd> file = OpenLog(path_);
  if (!file.ok()) return Annotate(file.status(), "reopen container log");
  file_ = std::move(*file);
  torn_ = false;
  return absl::OkStatus();
}

// `end` is what was read of the line now, without its newline.
void LogWriter::TakeLine(LogStream stream, std::string_view end) {
  std::string& pending = pending_[static_cast<int>(stream)];
  std::string joined;
  if (!pending.empty()) {
    joined = std::move(pending);
    pending.clear();
    joined.append(end);
    end = joined;
  }
  if (end.ends_with('\r')) end.remove_suffix(1);
  for (; end.size() > line_limit_; end.remove_prefix(line_limit_)) {
    AddRecord(stream, 'P', end.substr(0, line_limit_));
  }
  AddRecord(stream, 'F', end);
}

// A last '\r' does not count yet: it may belong to the line's end.
void LogWriter::SplitPending(LogStream stream) {
  std::string& pending = pending_[static_cast<int>(stream)];
  std::string_view rest = pending;
  while (rest.size() - (rest.ends_with('\r') ? 1 : 0) > line_limit_) {
    AddRecord(stream, 'P', rest.substr(0, line_limit_));
    rest.remove_prefix(line_limit_);
  }
  if (rest.empty()) {
    GiveBack(pending);
  } else if (rest.size() < pending.size()) {
    pending = std::string(rest);
  }
}

void LogWriter::AddRecord(LogStream stream, char tag, std::string_view text) {
  AddTime();
  batch_ += stream == LogStream::kStdout ? " stdout " : " stderr ";
  batch_ += tag;
  batch_ += ' ';
  batch_ += text;
  batch_ += '\n';
  last_stream_ = stream;
}

void LogWriter::AddTime() {
  int64_t now = NowUnixNanos();
  int64_t second = now / kNanosPerSecond;
  if (second != second_) {
    using namespace std::chrono;
    sys_seconds time{seconds{second}};
    sys_days days = floor<std::chrono::days>(time);
    year_month_day date{days};
    hh_mm_ss clock{time - days};
    std::snprintf(date_, sizeof date_, "%04u-%02u-%02uT%02u:%02u:%02u",
                  static_cast<unsigned>(static_cast<int>(date.year())) % 10000U,
                  static_cast<unsigned>(date.month()) % 100U, static_cast<unsigned>(date.day()) % 100U,
                  static_cast<unsigned>(clock.hours().count()) % 100U,
                  static_cast<unsigned>(clock.minutes().count()) % 100U,
                  static_cast<unsigned>(clock.seconds().count()) % 100U);
    second_ = second;
  }
  char fraction[12];
  int size = std::snprintf(fraction, sizeof fraction, ".%09uZ", static_cast<unsigned>(now % kNanosPerSecond));
  batch_.append(date_, sizeof date_ - 1).append(fraction, static_cast<size_t>(size));
}

void LogWriter::Flush() {
  if (batch_.empty()) return;
  std::string batch = std::move(batch_);
  batch_.clear();
  size_t marker = 0;
  if (dropped_ > 0 || torn_) {
    std::string start = TakeMarker();
    marker = start.size();
    batch.insert(0, start);
  }
  size_t written = WriteSome(batch);
  if (written < batch.size()) {
    DropFrom(batch, marker, written);
  } else {
    dropped_ = 0;
    torn_ = false;
  }
  GiveBack(batch);
  batch_ = std::move(batch);
}

// What goes before the first records after a failure: it says in the log what is missing.
std::string LogWriter::TakeMarker() {
  if (torn_) batch_ += '\n';
  if (dropped_ > 0) {
    AddRecord(last_stream_, 'F',
              Concat("jobpod: ", dropped_,
                     " log records were dropped here: ", Message(ErrnoStatus(error_, "write"))));
  }
  return std::exchange(batch_, std::string());
}

size_t LogWriter::WriteSome(std::string_view batch) {
  size_t written = 0;
  while (written < batch.size()) {
    ssize_t count = ::write(file_.get(), batch.data() + written, batch.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      error_ = count < 0 ? errno : ENOSPC;
      break;
    }
    written += static_cast<size_t>(count);
  }
  return written;
}

// Counts the records that did not get out whole and takes the beginning of a torn one off the file. A
// marker alone is taken off too: it would be repeated for every failed batch.
void LogWriter::DropFrom(std::string_view batch, size_t marker, size_t written) {
  size_t end = batch.substr(0, written).rfind('\n');
  size_t whole = end == std::string_view::npos ? 0 : end + 1;
  if (whole > marker) {
    dropped_ = 0;
  } else {
    whole = 0;
  }
  std::string_view lost = batch.substr(std::max(whole, marker));
  dropped_ += static_cast<uint64_t>(std::count(lost.begin(), lost.end(), '\n'));
  if (whole > 0) torn_ = false;
  if (written > whole) CutBack(written - whole);
}

void LogWriter::CutBack(size_t torn) {
  struct stat info {};
  bool cut =
      fstat(file_.get(), &info) == 0 && ftruncate(file_.get(), info.st_size - static_cast<off_t>(torn)) == 0;
  torn_ = torn_ || !cut;
}

}  // namespace jobpod
