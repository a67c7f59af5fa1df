#include "base/pipe_windows.hpp"

#include "base/id.hpp"
#include "base/security_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr DWORD kReadEnd = GENERIC_READ | FILE_WRITE_ATTRIBUTES, kWriteEnd = GENERIC_WRITE | FILE_READ_ATTRIBUTES;

DWORD Flags(PipeUse use) {
  return use == PipeUse::kOverlapped ? FILE_FLAG_OVERLAPPED : 0;
}

// The end that makes the pipe, under a name that nobody can guess and that is never used again.
StatusOr<Handle> Make(const std::wstring& name, DWORD mode, uint32_t capacity) {
  ASSIGN_OR_RETURN(const Security security, Security::Parse(kPrivateObject));
  SECURITY_ATTRIBUTES attributes = security.attributes();
  Handle end(CreateNamedPipeW(name.c_str(), mode | FILE_FLAG_FIRST_PIPE_INSTANCE,
                              PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, capacity, capacity, 0, &attributes));
  if (end) return end;
  return LastErrorStatus("make a pipe");
}

StatusOr<Handle> Open(const std::wstring& name, DWORD access, DWORD flags) {
  // A program has the server's end of its input, and the server of a pipe can act as whoever has written to it.
  constexpr DWORD kNobody = SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS;
  Handle end(CreateFileW(name.c_str(), access, 0, nullptr, OPEN_EXISTING, flags | kNobody, nullptr));
  if (end) return end;
  return LastErrorStatus("open a pipe's other end");
}

std::wstring NewName() {
  return L"\\\\.\\pipe\\jobpod-" + Wide(NewId());
}

}  // namespace

StatusOr<Pipe> MakePipe(PipeUse read, PipeUse write, uint32_t capacity) {
  const std::wstring name = NewName();
  Pipe pipe;
  ASSIGN_OR_RETURN(pipe.read, Make(name, PIPE_ACCESS_INBOUND | Flags(read), capacity));
  ASSIGN_OR_RETURN(pipe.write, Open(name, kWriteEnd, Flags(write)));
  return pipe;
}

StatusOr<PipePair> MakePipePair() {
  const std::wstring name = NewName();
  PipePair pair;
  ASSIGN_OR_RETURN(pair.ours, Make(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, kPipeCapacity));
  ASSIGN_OR_RETURN(pair.theirs, Open(name, kReadEnd | kWriteEnd, FILE_FLAG_OVERLAPPED));
  return pair;
}

StatusOr<size_t> BytesIn(HANDLE read_end) {
  DWORD available = 0;
  if (PeekNamedPipe(read_end, nullptr, 0, nullptr, &available, nullptr)) return available;
  return LastErrorStatus("look into a pipe");
}

}  // namespace jobpod
