#include "runtime/shim/log_writer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/clock.hpp"
#include "base/file.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxBatch = 32768;
constexpr size_t kKeptBuffer = 512;  // larger buffers are given back after use
constexpr std::chrono::seconds kTellEvery{1};
constexpr int64_t kNanosPerSecond = 1'000'000'000;

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
  LogFile file;
  if (!path.empty()) {
    ASSIGN_OR_RETURN(const std::string directory, LogFile::DirectoryOf(path));
    if (Status made = MakeDirectories(directory); !made.ok()) return Annotate(made, "container log");
    StatusOr<LogFile> opened = LogFile::Open(path);
    if (!opened.ok()) return Annotate(opened.status(), "container log");
    file = std::move(*opened);
  }
  return std::unique_ptr<LogWriter>(new LogWriter(path, line_limit, std::move(file)));
}

LogWriter::LogWriter(std::string path, size_t line_limit, LogFile file)
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
  StatusOr<LogFile> file = LogFile::Open(path_);
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
  size_t written = file_.Append(batch);
  if (written < batch.size()) {
    DropFrom(batch, marker, written);
  } else {
    dropped_ = 0;
    torn_ = false;
  }
  GiveBack(batch);
  batch_ = std::move(batch);
  if (untold_ > 0 && std::chrono::steady_clock::now() - told_ >= kTellEvery) TellLoss();
}

void LogWriter::TellLoss() {
  if (untold_ == 0 || !on_loss_) return;
  told_ = std::chrono::steady_clock::now();
  on_loss_(std::exchange(untold_, 0), file_.Error());
}

// What goes before the first records after a failure: it says in the log what is missing.
std::string LogWriter::TakeMarker() {
  if (torn_) batch_ += '\n';
  if (dropped_ > 0) {
    AddRecord(last_stream_, 'F',
              Concat("jobpod: ", dropped_, " log records were dropped here: ", Message(file_.Error())));
  }
  return std::exchange(batch_, std::string());
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
  const auto records = static_cast<uint64_t>(std::count(lost.begin(), lost.end(), '\n'));
  dropped_ += records;
  untold_ += records;
  if (whole > 0) torn_ = false;
  if (written > whole) CutBack(written - whole);
}

void LogWriter::CutBack(size_t torn) {
  torn_ = !file_.CutBack(torn) || torn_;
}

}  // namespace jobpod
