// For tests: a node of its own with a real PodManager, real shims and processes, and an image that is made here and
// pulled: runtime/shim/shim_test_program as /bin/program, and a file /etc/note.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/temporary_directory.hpp"
#include "image/registry_test_tools.hpp"
#include "runtime/pod_manager.hpp"
#include "runtime/stream_test_client.hpp"

namespace jobpod::pod_test {

using Words = std::vector<std::string>;
using Edit = std::function<void(ContainerSpec&)>;

// One pod in the link layout.
class Node {
 public:
  explicit Node(const std::function<void(PodSpec&)>& edit = {});
  ~Node();

  PodManager& pods() { return *pods_; }
  const std::string& pod_id() const { return pod_id_; }
  PodView pod() const { return pods_->FindPod(pod_id_).value(); }
  ContainerView container(const std::string& id) const { return pods_->FindContainer(id).value(); }

  // Lets go of the manager, and opens another one on the same directories: a restart of the daemon.
  void Stop() { pods_.reset(); }
  void Begin();

  // A container whose init is the program with these words (or, by Edit, another one).
  std::string Create(const Words& words, const Edit& edit = {});
  std::string Start(const Words& words, const Edit& edit = {});
  // Started and ended, with this code.
  std::string Run(const Words& words, int32_t code, const Edit& edit = {});

  bool Exits(const std::string& id, int32_t code);
  std::string Log(const std::string& id) const;
  bool Logs(const std::string& id, const std::string& text) const;

  // Of the whole pod, without what the system puts beside them.
  size_t Processes() const;
  std::string Directory(const std::string& name) const;
  std::string Rootfs(const std::string& id) const { return container(id)->record.plan().mounts().root().target(); }
  // Entries below a directory of the node, none when it is missing.
  size_t Entries(const std::string& name) const;

  stream_test::Client::Open Exec(const std::string& id, Words words, StdioRequest request = stream_test::kAll);
  stream_test::Client::Open Attach(const std::string& id, StdioRequest request = stream_test::kAll);

 private:
  TemporaryDirectory directory_;
  PodManagerConfig config_;
  std::unique_ptr<Images> images_;
  std::string image_id_;
  std::unique_ptr<PodManager> pods_;
  std::string pod_id_;
  int next_ = 0;
};

// What is different on each system (pod_test_host_{linux,windows}.cpp).
void SetUpHost();
test::ImageSpec ImageAround(const std::string& program, const std::string& note);
void SetAccount(ContainerSpec& spec);
// Commands that print a variable, the working directory, a file.
Words PrintVariable(const std::string& name);
Words PrintDirectory();
Words PrintFile(const std::string& path);
// `name` below `directory`, as the system writes it.
std::string Below(const std::string& directory, const std::string& name);
std::string Line(const std::string& text);  // as those commands end it
void KillProcess(int32_t pid);
bool ResizesTerminals();  // says so when not
size_t CountPrograms(const std::vector<int32_t>& pids);

}  // namespace jobpod::pod_test
