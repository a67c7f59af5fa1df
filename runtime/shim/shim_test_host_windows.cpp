#include "runtime/shim/shim_test_host.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/frame.hpp"
#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/console_host_windows.hpp"

namespace jobpod::shim_test {
namespace {

constexpr DWORD kBound = 20000;  // ms
constexpr std::chrono::milliseconds kCallBound{15000};

// A read that waits, of an overlapped end.
size_t ReadOverlapped(HANDLE end, char* buffer, size_t size) {
  const Handle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED operation{};
  operation.hEvent = event.get();
  if (!ReadFile(end, buffer, static_cast<DWORD>(size), nullptr, &operation) && GetLastError() != ERROR_IO_PENDING)
    return 0;
  if (WaitForSingleObject(event.get(), kBound) != WAIT_OBJECT_0) CancelIoEx(end, &operation);
  DWORD count = 0;
  return GetOverlappedResult(end, &operation, &count, TRUE) ? count : 0;
}

void WriteOverlapped(HANDLE end, std::string_view bytes) {
  const Handle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  OVERLAPPED operation{};
  operation.hEvent = event.get();
  DWORD count = 0;
  WriteFile(end, bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, &operation);
  REQUIRE(GetOverlappedResult(end, &operation, &count, TRUE));
}

PipeUse Use(PipeFor whom) {
  return whom == PipeFor::kShim ? PipeUse::kOverlapped : PipeUse::kWaiting;
}

}  // namespace

ShimProcess::ShimProcess(const SpawnedShim& shim)
    : pid_(shim.pid),
      process_(Own(Handle(OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, static_cast<DWORD>(shim.pid))))) {}

bool ShimProcess::HasEnded() const {
  return !process_ || WaitForSingleObject(HandleOf(process_), 0) == WAIT_OBJECT_0;
}

void ShimProcess::Kill() const {
  TerminateProcess(HandleOf(process_), 1);
}

void ShimProcess::End() const {
  if (HasEnded()) return;
  Kill();
  WaitForSingleObject(HandleOf(process_), kBound);
}

size_t CountPrograms(const std::vector<int32_t>& pids) {
  return static_cast<size_t>(std::count_if(pids.begin(), pids.end(), [](int32_t pid) {
    const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, static_cast<DWORD>(pid)));
    return !process || !IsConsoleHost(process.get());
  }));
}

size_t CountLiving(const std::vector<int32_t>& pids) {
  return static_cast<size_t>(std::count_if(pids.begin(), pids.end(), [](int32_t pid) {
    const Handle process(OpenProcess(SYNCHRONIZE, FALSE, static_cast<DWORD>(pid)));
    return process && WaitForSingleObject(process.get(), 0) == WAIT_TIMEOUT;
  }));
}

TestPipe InputPipe(PipeFor whom) {
  Pipe pipe = MakePipe(Use(whom), PipeUse::kWaiting).value();
  return {Own(std::move(pipe.write)), Own(std::move(pipe.read))};
}

TestPipe OutputPipe(PipeFor whom) {
  Pipe pipe = MakePipe(PipeUse::kWaiting, Use(whom)).value();
  return {Own(std::move(pipe.read)), Own(std::move(pipe.write))};
}

bool WriteText(const OwnedHandle& end, std::string_view text) {
  DWORD count = 0;
  return WriteFile(HandleOf(end), text.data(), static_cast<DWORD>(text.size()), &count, nullptr) != 0;
}

std::string ReadText(const OwnedHandle& end, size_t size) {
  std::string text(size, '\0');
  DWORD count = 0;
  ReadFile(HandleOf(end), text.data(), static_cast<DWORD>(size), &count, nullptr);
  text.resize(count);
  return text;
}

std::string ReadRest(const OwnedHandle& end) {
  std::string rest;
  for (std::string piece = ReadText(end); !piece.empty(); piece = ReadText(end)) rest += piece;
  return rest;
}

TestPipe ControlPair() {
  PipePair pair = MakePipePair().value();
  return {Own(std::move(pair.ours)), Own(std::move(pair.theirs))};
}

shim::FromShim EndOf(const OwnedHandle& control) {
  FrameReader frames;
  shim::FromShim message;
  char buffer[512];
  while (size_t count = ReadOverlapped(HandleOf(control), buffer, sizeof buffer)) {
    frames.Append({buffer, count});
    const auto frame = frames.Next().value();
    if (frame) REQUIRE(message.ParseFromString(*frame));
  }
  return message;
}

bool HostResizesTerminals() {
  if (RunsUnderWine()) WARN("Wine does not resize pseudo consoles: not tested");
  return !RunsUnderWine();
}

void ResizeTerminal(const Attached& streams, uint16_t width, uint16_t height) {
  shim::ToControl message;
  message.mutable_resize()->set_width(width);
  message.mutable_resize()->set_height(height);
  WriteOverlapped(HandleOf(streams.control), FrameHeader(message.ByteSizeLong()) + message.SerializeAsString());
}

Attached AttachTo(ShimClient& client, const shim::Attach& asked) {
  Attached ends;
  std::vector<TestPipe> pipes;
  std::vector<NativeHandle> handles;
  const auto add = [&](bool there, TestPipe pipe, OwnedHandle& ours) {
    if (!there) return;
    ours = std::move(pipe.ours);
    handles.push_back(pipe.theirs.get());
    pipes.push_back(std::move(pipe));
  };
  add(asked.has_stdin(), InputPipe(PipeFor::kShim), ends.input);
  add(asked.has_stdout(), OutputPipe(PipeFor::kShim), ends.output);
  add(asked.has_stderr(), OutputPipe(PipeFor::kShim), ends.error);
  add(true, ControlPair(), ends.control);
  shim::ToShim request;
  *request.mutable_attach() = asked;
  const auto reply = client.Call(request, After(kCallBound), handles);
  ends.status = reply.status();
  if (reply.ok()) ends.reply = reply->attach();
  return ends;
}

Attached ExecWithTerminal(ShimClient& client, const std::string& container, const LaunchPlan& plan) {
  TestPipe input = InputPipe(PipeFor::kProcess), output = OutputPipe(PipeFor::kProcess), control = ControlPair();
  shim::ToShim request;
  shim::Exec& exec = *request.mutable_exec();
  exec.set_container_id(container);
  *exec.mutable_plan() = plan;
  exec.set_has_stdin(true);
  exec.set_has_stdout(true);
  exec.set_streamed(true);
  exec.set_terminal(true);
  const std::vector<NativeHandle> handles{input.theirs.get(), output.theirs.get(), control.theirs.get()};
  return {.status = client.Call(request, After(kCallBound), handles).status(),
          .input = std::move(input.ours),
          .output = std::move(output.ours),
          .control = std::move(control.ours)};
}

OwnedHandle ConnectRaw(const std::string& socket) {
  const std::wstring name = Wide(socket);
  WaitNamedPipeW(name.c_str(), kBound);
  return Own(Handle(CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr)));
}

bool EndsSoon(const OwnedHandle& connection) {
  return ReadText(connection).empty();
}

}  // namespace jobpod::shim_test
