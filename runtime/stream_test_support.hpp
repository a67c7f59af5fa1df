// A real PodManager with real shims and processes for tests of streams, over a directory with busybox in it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/pod_manager.hpp"
#include "runtime/stream_test_client.hpp"
#include "test/fakes/fake_images.hpp"

namespace jobpod::stream_test {

// One image, whose containers each get a directory of their own with busybox.
class BusyboxImages final : public FakeImages {
 public:
  explicit BusyboxImages(std::string directory);
  StatusOr<Rootfs> Prepare(const std::string& container_id, const std::string& image_id) override;
  Status Release(const std::string& container_id) override;

 private:
  std::string directory_;
};

class Host {
 public:
  explicit Host(const std::string& layout = "hostprocess");
  ~Host();

  PodManager& pods() { return *pods_; }
  // Lets go of the manager and opens another one on the same directories, as a restart of the daemon does.
  void Restart();
  // A running container whose init is `sh -c script`.
  std::string Start(const std::string& script, const std::function<void(ContainerSpec&)>& edit = {});
  std::string Log(const std::string& id);
  // Of the whole pod, shim not included.
  size_t Processes();
  int32_t shim_pid();
  const std::string& pod_id() const { return pod_id_; }

 private:
  std::string directory_;
  PodManagerConfig config_;
  std::unique_ptr<BusyboxImages> images_;
  std::unique_ptr<PodManager> pods_;
  std::string pod_id_;
  int next_ = 0;
};

// Execs of `sh -c script`.
Client::Open Exec(Host& host, const std::string& id, const std::string& script, StdioRequest request);
Client::Open Attach(Host& host, const std::string& id, StdioRequest request);

}  // namespace jobpod::stream_test
