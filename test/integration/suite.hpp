// What integration cases stand on: one registry, one daemon and pods that go away with their case.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "test/harness/configs.hpp"
#include "test/harness/daemon.hpp"
#include "test/harness/host.hpp"
#include "test/harness/registry.hpp"

namespace jobpod::test {

using Runtime = cri::RuntimeService::Stub;
using Images = cri::ImageService::Stub;

// The one registry of this program, with the test images in it.
const Registry& SharedRegistry();
// The one daemon most cases use. Made at first use, gone at the end of the run.
Daemon& SharedDaemon();
// Pulls a test image ("busybox") into a daemon; its id.
std::string Image(const std::string& name, Daemon& daemon = SharedDaemon());

// Called by the listener: the daemon's log of a failed case, and the end of the run.
std::string SharedDaemonLog();
void EndSharedDaemon();

// Ends the case as skipped, with the reason; only for what this host cannot do.
void NoteSkipped(const std::string& reason);
#define JOBPOD_SKIP(reason)              \
  do {                                   \
    ::jobpod::test::NoteSkipped(reason); \
    return;                              \
  } while (false)

struct LogLine {
  std::string time, stream, tag, text;
};
std::vector<LogLine> ReadLog(const std::string& path);
// The text of one stream ("" = both) put together: partial lines joined, full ones ended with a newline.
std::string LogText(const std::string& path, const std::string& stream = "");

struct Ran {
  std::string id;
  cri::ContainerStatus status;
  std::string out, err;
};

class Pod {
 public:
  explicit Pod(Daemon& daemon = SharedDaemon(), const std::string& handler = "",
               const std::function<void(cri::PodSandboxConfig&)>& edit = {});
  // Stops and removes the pod; complains on the case when that fails.
  ~Pod();
  Pod(const Pod&) = delete;
  Pod& operator=(const Pod&) = delete;

  const std::string& id() const { return id_; }
  const cri::PodSandboxConfig& config() const { return config_; }
  CriClient& client() { return daemon_.client(); }

  // Gives the container a name and log of its own, then creates it.
  std::string Create(cri::ContainerConfig container);
  std::string Start(const cri::ContainerConfig& container);
  // Starts and waits for its end.
  Ran Run(const cri::ContainerConfig& container, Milliseconds bound = Milliseconds(15'000));
  // Run(Script(busybox, text)).
  Ran RunScript(const std::string& script);
  // The absolute path of a container's log, from its status.
  std::string Log(const std::string& id);
  // Waits until the container's log says `text`, or the bound is over.
  bool Says(const std::string& id, const std::string& text, Milliseconds bound = Milliseconds(10'000));

 private:
  Daemon& daemon_;
  cri::PodSandboxConfig config_;
  std::string id_;
  int next_ = 0;
};

// A script container of the busybox image.
cri::ContainerConfig Busybox(const std::string& script, Daemon& daemon = SharedDaemon());

// The number in the first line that starts with `name` and "=": how scripts report pids.
pid_t Reported(const std::string& text, const std::string& name);

}  // namespace jobpod::test

// One RPC and the code it must end with; the message is shown when it does not.
#define CHECK_CODE(code, ...)                                                                          \
  do {                                                                                                 \
    const grpc::Status outcome_ = ::jobpod::test::Outcome([&] { __VA_ARGS__; });                       \
    INFO(#__VA_ARGS__ " answered code " << outcome_.error_code() << ": " << outcome_.error_message()); \
    CHECK(static_cast<int>(outcome_.error_code()) == static_cast<int>(grpc::StatusCode::code));        \
    if (!outcome_.ok()) CHECK(!outcome_.error_message().empty());                                      \
  } while (false)
