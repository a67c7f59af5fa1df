// What the shim tests need of each system (shim_test_host_{linux,windows}.cpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/native_handle.hpp"
#include "runtime/shim/client.hpp"
#include "runtime/shim/protocol.pb.h"
#include "runtime/shim/spawn.hpp"

namespace jobpod::shim_test {

// A shim's process, watched from here.
class ShimProcess {
 public:
  ShimProcess() = default;
  explicit ShimProcess(const SpawnedShim& shim);
  bool HasEnded() const;
  void Kill() const;
  // Killed and reaped.
  void End() const;

 private:
  int32_t pid_ = 0;
  OwnedHandle process_;
};

// Without what the system puts beside them.
size_t CountPrograms(const std::vector<int32_t>& pids);
// How many of them have not ended.
size_t CountLiving(const std::vector<int32_t>& pids);

// Ends of pipes that this process reads and writes with waiting calls.
struct TestPipe {
  OwnedHandle ours, theirs;
};
enum class PipeFor { kProcess, kShim };  // whose the other end is
TestPipe InputPipe(PipeFor whom);
TestPipe OutputPipe(PipeFor whom);
// Writes all; false when nobody reads.
bool WriteText(const OwnedHandle& end, std::string_view text);
// At most `size` bytes; empty at the end of file.
std::string ReadText(const OwnedHandle& end, size_t size = 65536);
// To the end of file.
std::string ReadRest(const OwnedHandle& end);

// A control socket (protocol.proto).
TestPipe ControlPair();
// What the shim says of the end; an empty message when it is gone.
shim::FromShim EndOf(const OwnedHandle& control);

// A client joined to a container's streams.
struct Attached {
  Status status;
  shim::AttachReply reply;
  OwnedHandle input, output, error, control;
};
Attached AttachTo(ShimClient& client, const shim::Attach& asked);
// The same streams of a process with a terminal, run in a container.
Attached ExecWithTerminal(ShimClient& client, const std::string& container, const LaunchPlan& plan);

bool HostResizesTerminals();  // says so when not
void ResizeTerminal(const Attached& streams, uint16_t width, uint16_t height);

// Another connection of this process's, without a client.
OwnedHandle ConnectRaw(const std::string& socket);
// Whether the other side closes it.
bool EndsSoon(const OwnedHandle& connection);

}  // namespace jobpod::shim_test
