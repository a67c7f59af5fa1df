#include "base/frame_pipe_windows.hpp"

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {

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
