#include "cri/cli/log_tail.hpp"

#include <filesystem>

namespace jobpod::cli {
namespace {

constexpr size_t kChunk = 64u << 10;
constexpr size_t kLongestLine = 1u << 20;  // the writer splits at 16 KiB; anything longer is not its work

}  // namespace

StatusOr<LogTail> LogTail::Open(const std::string& path) {
  LogTail tail(path);
  ASSIGN_OR_RETURN(tail.watch_, DirectoryWatch::Open(std::filesystem::path(path).parent_path().string()));
  return tail;
}

std::unique_ptr<LogFile> LogTail::NewFile() const {
  if (file_ && file_->IsAt(path_)) return nullptr;
  return LogFile::Open(path_);
}

bool LogTail::GiveLines(const Sink& sink) {
  size_t begin = 0;
  for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const StatusOr<LogLine> line = ParseLogLine(std::string_view(rest_).substr(begin, end - begin));
    if (line.ok() && !sink(*line)) return false;
  }
  rest_.erase(0, begin);
  if (rest_.size() > kLongestLine) rest_.clear();
  return true;
}

StatusOr<bool> LogTail::ReadToEnd(const Sink& sink) {
  while (file_) {
    const size_t before = rest_.size();
    rest_.resize(before + kChunk);
    const StatusOr<size_t> size = file_->Read(rest_.data() + before, kChunk);
    rest_.resize(before + (size.ok() ? *size : 0));
    RETURN_IF_ERROR(size.status());
    if (*size == 0) return true;
    if (!GiveLines(sink)) return false;
  }
  return true;
}

// Once a new file is there the old one, still open here, is complete: its end is read before the new one.
StatusOr<bool> LogTail::Drain(const Sink& sink) {
  watch_->Clear();
  for (;;) {
    std::unique_ptr<LogFile> next = NewFile();
    ASSIGN_OR_RETURN(const bool more, ReadToEnd(sink));
    if (!more || !next) return more;
    file_ = std::move(next);
    rest_.clear();
  }
}

bool PrintLogLine(const LogLine& line) {
  std::string text(line.text);
  if (!line.partial) text.push_back('\n');
  return WriteStandard(line.error_stream, text);
}

}  // namespace jobpod::cli
