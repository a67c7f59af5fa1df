#include <windows.h>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/cli/log_source.hpp"

namespace jobpod::cli {
namespace {

constexpr LONG kLook = 100;  // ms

class WindowsLogFile final : public LogFile {
 public:
  WindowsLogFile(Handle file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  StatusOr<size_t> Read(char* buffer, size_t size) override {
    DWORD got = 0;
    if (::ReadFile(file_.get(), buffer, static_cast<DWORD>(size), &got, nullptr)) return got;
    return LastErrorStatus(Concat("read the log ", path_));
  }

  bool IsAt(const std::string& path) const override {
    const StatusOr<Handle> there = OpenPath(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
    return there.ok() && IsSameFile(file_.get(), there->get());
  }

 private:
  const Handle file_;
  const std::string path_;
};

// Notifications come when a writer closes its file: a log that is being written has none. So it is looked at ten
// times a second.
class WindowsDirectoryWatch final : public DirectoryWatch {
 public:
  explicit WindowsDirectoryWatch(Handle timer) : timer_(std::move(timer)) {}
  Waitable waitable() const override { return reinterpret_cast<Waitable>(timer_.get()); }
  void Clear() override {}

 private:
  const Handle timer_;
};

}  // namespace

std::unique_ptr<LogFile> LogFile::Open(const std::string& path) {
  StatusOr<Handle> file = OpenPath(path, GENERIC_READ, OPEN_EXISTING);
  return file.ok() ? std::make_unique<WindowsLogFile>(*std::move(file), path) : nullptr;
}

StatusOr<std::unique_ptr<DirectoryWatch>> DirectoryWatch::Open(const std::string& directory) {
  RETURN_IF_ERROR(Annotate(OpenDirectory(directory).status(), Concat("watch the log directory ", directory)));
  Handle timer(CreateWaitableTimerW(nullptr, FALSE, nullptr));
  LARGE_INTEGER now{};
  if (!timer || !SetWaitableTimer(timer.get(), &now, kLook, nullptr, nullptr, FALSE))
    return LastErrorStatus("make a timer");
  return std::make_unique<WindowsDirectoryWatch>(std::move(timer));
}

bool WriteStandard(bool error_stream, std::string_view bytes) {
  const HANDLE stream = GetStdHandle(error_stream ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
  return WriteAll(stream, bytes, "standard output").ok();
}

}  // namespace jobpod::cli
