#include "runtime/exec_output.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "runtime/exec_output_test_host.hpp"

using namespace std::chrono_literals;

namespace jobpod {
namespace {

// Until nobody reads any more.
std::jthread Flood(OwnedHandle end) {
  return std::jthread([kept = std::make_shared<OwnedHandle>(std::move(end))] {
    const std::string bytes(4096, 'x');
    while (WriteTo(*kept, bytes.data(), bytes.size())) {
    }
  });
}

struct Flooded {
  std::shared_ptr<ExecOutput> output = ExecOutput::Open().value();
  // Joined after `output` has been given up.
  std::jthread out = Flood(CopyEnd(output->Theirs()[0])), error = Flood(CopyEnd(output->Theirs()[1]));
  ExecResult result;

  std::optional<ExecOutput::Reply> Collect(std::optional<Deadline> deadline) {
    auto reply = output->Collect(result, 1 << 30, deadline);
    output.reset();
    return reply;
  }
};

// A shim that hangs, and a command that writes without end.
TEST_CASE("an exec that floods both outputs is given up in time without an answer, and neither output starves") {
  Flooded exec;
  exec.output->CloseTheirs();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(exec.Collect(After(200ms)).has_value());
  CHECK(std::chrono::steady_clock::now() - start < 30s);
  CHECK_FALSE(exec.result.standard_output.empty());
  CHECK_FALSE(exec.result.standard_error.empty());
}

TEST_CASE("an exec whose left-over processes flood is done a while after the answer") {
  Flooded exec;
  exec.output->CloseTheirs();
  exec.output->Answer(shim::FromShim());
  const auto reply = exec.Collect(std::nullopt);
  REQUIRE(reply.has_value());
  CHECK(reply->ok());
}

}  // namespace
}  // namespace jobpod
