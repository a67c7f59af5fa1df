#include "runtime/shim/shim_test_host.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"
#include "runtime/shim/socket_address_linux.hpp"

namespace jobpod::shim_test {
namespace {

constexpr int kBound = 20000;  // ms
constexpr std::chrono::milliseconds kCallBound{15000};

int FdOf(const OwnedHandle& handle) {
  return static_cast<int>(handle.get());
}

bool Readable(const OwnedHandle& end) {
  pollfd wait{FdOf(end), POLLIN, 0};
  return poll(&wait, 1, kBound) == 1;
}

}  // namespace

ShimProcess::ShimProcess(const SpawnedShim& shim)
    : pid_(shim.pid), process_(syscall(SYS_pidfd_open, shim.pid, 0)) {}

bool ShimProcess::HasEnded() const {
  pollfd wait{FdOf(process_), POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

void ShimProcess::Kill() const {
  kill(pid_, SIGKILL);
}

void ShimProcess::End() const {
  Kill();
  siginfo_t info{};
  waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED);
}

size_t CountPrograms(const std::vector<int32_t>& pids) {
  return pids.size();
}

size_t CountLiving(const std::vector<int32_t>& pids) {
  return static_cast<size_t>(std::count_if(pids.begin(), pids.end(), [](int32_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    return file >> number >> name >> state && state != "Z";
  }));
}

TestPipe InputPipe(PipeFor) {
  Pipe pipe = MakePipe().value();
  return {OwnedHandle(pipe.write.Release()), OwnedHandle(pipe.read.Release())};
}

TestPipe OutputPipe(PipeFor) {
  Pipe pipe = MakePipe().value();
  return {OwnedHandle(pipe.read.Release()), OwnedHandle(pipe.write.Release())};
}

bool WriteText(const OwnedHandle& end, std::string_view text) {
  return write(FdOf(end), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string ReadText(const OwnedHandle& end, size_t size) {
  std::string text(size, '\0');
  REQUIRE(Readable(end));
  const ssize_t count = read(FdOf(end), text.data(), size);
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return text;
}

std::string ReadRest(const OwnedHandle& end) {
  std::string rest;
  for (std::string piece = ReadText(end); !piece.empty(); piece = ReadText(end)) rest += piece;
  return rest;
}

TestPipe ControlPair() {
  SocketPair pair = MakeSocketPair().value();
  return {OwnedHandle(pair.ours.Release()), OwnedHandle(pair.theirs.Release())};
}

shim::FromShim EndOf(const OwnedHandle& control) {
  shim::FromShim message;
  REQUIRE(message.ParseFromString(ReadText(control)));
  return message;
}

bool HostResizesTerminals() {
  return true;
}

void ResizeTerminal(const Attached& streams, uint16_t width, uint16_t height) {
  ResizeConsole(streams.input.get(), width, height);
}

Attached AttachTo(ShimClient& client, const shim::Attach& asked) {
  TestPipe control = ControlPair();
  shim::ToShim request;
  *request.mutable_attach() = asked;
  const auto reply = client.Call(request, After(kCallBound), {control.theirs.get()});
  Attached client_ends{.status = reply.status(), .control = std::move(control.ours)};
  if (!reply.ok()) return client_ends;
  client_ends.reply = reply->attach();
  const auto take = [&](bool there, OwnedHandle& end) {
    if (there) end = OwnedHandle(ReceiveHandle(FdOf(client_ends.control)).value().Release());
  };
  take(client_ends.reply.has_terminal() || client_ends.reply.has_stdin(), client_ends.input);
  take(client_ends.reply.has_stdout(), client_ends.output);
  take(client_ends.reply.has_stderr(), client_ends.error);
  return client_ends;
}

Attached ExecWithTerminal(ShimClient& client, const std::string& container, const LaunchPlan& plan) {
  TestPipe control = ControlPair();
  shim::ToShim request;
  shim::Exec& exec = *request.mutable_exec();
  exec.set_container_id(container);
  *exec.mutable_plan() = plan;
  exec.set_streamed(true);
  exec.set_terminal(true);
  Attached ends{.status = client.Call(request, After(kCallBound), {control.theirs.get()}).status(),
                .control = std::move(control.ours)};
  if (!ends.status.ok()) return ends;
  Fd terminal = ReceiveHandle(FdOf(ends.control)).value();
  ends.input = OwnedHandle(Duplicate(terminal).value().Release());
  ends.output = OwnedHandle(terminal.Release());
  return ends;
}

OwnedHandle ConnectRaw(const std::string& socket) {
  OwnedHandle connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress address = ShortSocketAddress(socket).value();
  REQUIRE(connect(FdOf(connection), reinterpret_cast<const sockaddr*>(&address.value), sizeof address.value) == 0);
  return connection;
}

bool EndsSoon(const OwnedHandle& connection) {
  return ReadText(connection).empty();
}

}  // namespace jobpod::shim_test
