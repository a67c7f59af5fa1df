#include "base/frame_pipe_windows.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

DWORD MillisecondsUntil(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<DWORD>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

// One read or write that `start` begins; the bytes it moved.
template <typename Start>
StatusOr<DWORD> Finish(HANDLE pipe, Deadline until, std::string_view what, const Start& start) {
  const Handle done(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED operation{};
  operation.hEvent = done.get();
  if (!start(&operation) && GetLastError() != ERROR_IO_PENDING) return LastErrorStatus(what);
  const bool late = WaitForSingleObject(done.get(), MillisecondsUntil(until)) != WAIT_OBJECT_0;
  if (late) CancelIoEx(pipe, &operation);
  DWORD bytes = 0;
  // The system uses the buffer until this has come back.
  if (GetOverlappedResult(pipe, &operation, &bytes, TRUE)) return bytes;
  if (late) return absl::DeadlineExceededError(Concat(what, ": the other side does not answer"));
  return LastErrorStatus(what);
}

}  // namespace

StatusOr<std::string> ReadFrameBefore(HANDLE pipe, Deadline until) {
  FrameReader reader;
  for (char buffer[4096];;) {
    ASSIGN_OR_RETURN(std::optional<std::string> frame, reader.Next());
    if (frame) return *std::move(frame);
    ASSIGN_OR_RETURN(const DWORD size, Finish(pipe, until, "read from a pipe", [&](OVERLAPPED* operation) {
                       return ::ReadFile(pipe, buffer, sizeof buffer, nullptr, operation);
                     }));
    reader.Append({buffer, size});
  }
}

Status WriteFrameBefore(HANDLE pipe, std::string_view payload, Deadline until) {
  const std::string frame = Concat(FrameHeader(payload.size()), payload);
  for (std::string_view rest = frame; !rest.empty();) {
    ASSIGN_OR_RETURN(const DWORD size, Finish(pipe, until, "write to a pipe", [&](OVERLAPPED* operation) {
                       return ::WriteFile(pipe, rest.data(), static_cast<DWORD>(rest.size()), nullptr, operation);
                     }));
    rest.remove_prefix(size);
  }
  return absl::OkStatus();
}

StatusOr<std::string> ReadFrame(HANDLE pipe) {
  FrameReader reader;
  for (char buffer[4096];;) {
    ASSIGN_OR_RETURN(std::optional<std::string> frame, reader.Next());
    if (frame) return *std::move(frame);
    DWORD size = 0;
    if (!::ReadFile(pipe, buffer, sizeof buffer, &size, nullptr)) return LastErrorStatus("read from a pipe");
    reader.Append({buffer, size});
  }
}

Status WriteFrame(HANDLE pipe, std::string_view payload) {
  return WriteAll(pipe, Concat(FrameHeader(payload.size()), payload), "a pipe");
}

}  // namespace jobpod
