// Streamed execs through a real shim: descriptors in, and a control socket that says how it ended.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/file_linux.hpp"
#include "base/pipe_linux.hpp"
#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

struct Stream {
  Fd input, output, control;  // this side's
  Status started;

  // What the shim says of the end; an empty message when it is gone.
  shim::FromShim End() {
    char packet[4096];
    pollfd wait{control.get(), POLLIN, 0};
    REQUIRE(poll(&wait, 1, 20000) == 1);
    ssize_t count = recv(control.get(), packet, sizeof packet, 0);
    shim::FromShim end;
    REQUIRE(end.ParseFromArray(packet, static_cast<int>(std::max<ssize_t>(count, 0))));
    return end;
  }
  std::string Rest() { return ReadAll(output.get(), 1 << 20, "output").value(); }
};

Stream StartStream(TestShim& shim, const std::string& container, const std::string& script) {
  Pipe input = MakePipe().value(), output = MakePipe().value();
  int control[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0);
  Fd theirs(control[1]);
  shim::ToShim request;
  auto& exec = *request.mutable_exec();
  exec.set_container_id(container);
  *exec.mutable_plan() = ShellPlan(script);
  exec.set_has_stdin(true);
  exec.set_has_stdout(true);
  exec.set_streamed(true);
  Status started = shim.Ask(request, {input.read.get(), output.write.get(), theirs.get()}).status();
  return {std::move(input.write), std::move(output.read), Fd(control[0]), started};
}

LaunchPlan StartSleeper(TestShim& shim) {
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Shell("echo up; while :; do sleep 1000; done");
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n" && shim.Processes().size() == 2; }));
  return plan;
}

bool OnlyTheContainer(const TestShim& shim) {
  return Eventually([&] { return shim.Processes().size() == 2 && shim.Jobs() == 2; });
}

}  // namespace

TEST_CASE("A streamed exec is answered when it runs and tells its code when it ends") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  Stream stream = StartStream(shim, plan.id(), "cat; echo bye; exit 7");
  REQUIRE(stream.started.ok());
  REQUIRE(WriteAll(stream.input.get(), "hello\n", "input").ok());
  stream.input.Reset();
  CHECK(stream.Rest() == "hello\nbye\n");
  shim::FromShim end = stream.End();
  CHECK(end.error_code() == 0);
  CHECK(end.exec().exit_code() == 7);
  CHECK(OnlyTheContainer(shim));
}

TEST_CASE("A streamed exec that cannot start says why and leaves nothing") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  Stream stream = StartStream(shim, "abc", "true");
  CHECK(absl::IsNotFound(stream.started));
  CHECK(stream.Rest().empty());
  char byte = 0;
  CHECK(recv(stream.control.get(), &byte, 1, 0) == 0);
  CHECK(OnlyTheContainer(shim));
}

TEST_CASE("A daemon that lets go of a streamed exec takes its whole tree with it") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  Stream stream = StartStream(shim, plan.id(), "trap '' TERM HUP PIPE; (setsid sleep 1000 &); sleep 1000");
  REQUIRE(stream.started.ok());
  REQUIRE(Eventually([&] { return shim.Processes().size() >= 4; }));
  stream.control.Reset();
  CHECK(OnlyTheContainer(shim));
  CHECK(stream.Rest().empty());
}

TEST_CASE("Streams end with their container, and with their shim") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  Stream stream = StartStream(shim, plan.id(), "sleep 1000");
  REQUIRE(stream.started.ok());
  SECTION("container") {
    REQUIRE(shim.Stop(plan.id(), 0).ok());
    CHECK(stream.End().exec().exit_code() == 137);
  }
  SECTION("shim") {
    kill(shim.process().pid, SIGKILL);
    CHECK(stream.End().ByteSizeLong() == 0);
  }
  stream.input.Reset();
}
