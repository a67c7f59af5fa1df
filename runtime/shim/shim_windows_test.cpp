// What a shim is on Windows alone: handles, and who may reach its pipe.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "base/open_handles_windows.hpp"
#include "base/pipe_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/shim/pipe_instance_windows.hpp"
#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

TEST_CASE("Execs, clients and terminals leave no handle in the shim") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  const auto round = [&] {
    const TestPipe pipe = OutputPipe(PipeFor::kProcess);
    REQUIRE(shim.Exec(plan.id(), Words{"exit", "0"}, 0, pipe.theirs.get()).ok());
    shim::Attach asked;
    asked.set_container_id(plan.id());
    asked.set_has_stdin(true);
    asked.set_has_stdout(true);
    CHECK(AttachTo(shim.client(), asked).status.ok());
    asked.set_container_id("abc");
    CHECK(absl::IsNotFound(AttachTo(shim.client(), asked).status));
    const Attached terminal = ExecWithTerminal(shim.client(), plan.id(), ProgramPlan({"exit", "5"}));
    CHECK(EndOf(terminal.control).exec().exit_code() == 5);
    CHECK(ConnectRaw(shim.process().socket));
  };
  for (int i = 0; i < 3; ++i) round();
  const auto handles = [&] { return OpenHandlesOf(static_cast<uint32_t>(shim.process().pid)); };
  CHECK(handles() > 0);
  size_t before = 0;  // once it has come to rest
  CHECK(Eventually([&] { return std::exchange(before, handles()) == handles(); }));
  constexpr int kRounds = 10;
  for (int i = 0; i < kRounds; ++i) round();
  // Threads of the system's pool come and go; a handle left by each round would be more.
  CHECK(Eventually([&] { return handles() < before + kRounds / 2; }));
  INFO(before << " handles before, " << handles() << " after");
  CHECK(handles() < before + kRounds / 2);
}

// A shim that is taken for dead is killed with its pod.
TEST_CASE("A shim that lives and takes no connections is late, one that is gone is not found") {
  const std::string name = Concat("\\\\.\\pipe\\jobpod-shim-busy-", GetCurrentProcessId());
  boost::asio::io_context io;
  {
    const StatusOr<Handle> only = MakePipeInstance(name, PipeInstance::kFirst);
    REQUIRE(only.ok());
    const OwnedHandle taken = ConnectRaw(name);
    REQUIRE(taken);
    const Status late = ShimClient::Connect(io, name, {}).status();
    INFO(late.ToString());
    CHECK(absl::IsDeadlineExceeded(late));
  }
  CHECK(absl::IsNotFound(ShimClient::Connect(io, name, {}).status()));
}

TEST_CASE("The shim's pipe is for SYSTEM, Administrators and its owner, and nobody takes its name") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  if (RunsUnderWine()) {
    WARN("Wine lets a pipe's first instance be made twice: not tested");
  } else {
    CHECK_FALSE(MakePipeInstance(shim.process().socket, PipeInstance::kFirst).ok());
  }
  const OwnedHandle pipe = ConnectRaw(shim.process().socket);
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  REQUIRE(GetSecurityInfo(HandleOf(pipe), SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, nullptr,
                          nullptr, &descriptor) == ERROR_SUCCESS);
  ScopeExit free([&] { LocalFree(descriptor); });
  wchar_t* text = nullptr;
  REQUIRE(ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION,
                                                               &text, nullptr));
  ScopeExit free_text([&] { LocalFree(text); });
  const std::string entries = Utf8(text);
  INFO(entries);
  CHECK(std::count(entries.begin(), entries.end(), '(') == 3);
  for (const char* account : {";SY)", ";BA)", ";OW)"}) CHECK(entries.find(account) != std::string::npos);
}
