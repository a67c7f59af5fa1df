#include "runtime/stream_test_support.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "base/file.hpp"

namespace jobpod::stream_test {
namespace {

namespace fs = std::filesystem;

std::string NewDirectory() {
  char name[] = "/tmp/jobpod-stream-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  fs::permissions(name, fs::perms(0755));
  return name;
}

}  // namespace

BusyboxImages::BusyboxImages(std::string directory) : directory_(std::move(directory)) {
  Image image;
  image.id = "sha256:" + std::string(64, 'b');
  Put(image);
}

StatusOr<Rootfs> BusyboxImages::Prepare(const std::string& container_id, const std::string& image_id) {
  Rootfs rootfs;
  rootfs.upper = directory_ + "/" + container_id;
  fs::create_directories(rootfs.upper + "/bin");
  fs::copy_file("/bin/busybox", rootfs.upper + "/bin/busybox");
  for (const char* name : {"sh", "cat", "sleep", "tty", "stty", "ls", "id", "env"}) {
    fs::create_symlink("busybox", rootfs.upper + "/bin/" + name);
  }
  ASSIGN_OR_RETURN(rootfs.image, Find(image_id));
  return rootfs;
}

Status BusyboxImages::Release(const std::string& container_id) {
  return RemoveTree(directory_ + "/" + container_id);
}

Host::Host(const std::string& layout) : directory_(NewDirectory()) {
  signal(SIGPIPE, SIG_IGN);
  config_.root = directory_ + "/root";
  config_.state = directory_ + "/state";
  config_.shim_path = JOBPOD_SHIM_PATH;
  config_.job_root = "jobpod-stream-test-" + std::to_string(getpid());
  images_ = std::make_unique<BusyboxImages>(directory_ + "/images");
  pods_ = PodManager::Open(config_, *images_).value();
  PodSpec spec;
  spec.set_name("streams");
  spec.set_uid("1");
  spec.set_layout(layout);
  spec.set_log_directory(directory_ + "/logs");
  pod_id_ = pods_->RunPod(spec, {}).value();
}

Host::~Host() {
  CHECK(pods_->StopPod(pod_id_).ok());
  CHECK(pods_->RemovePod(pod_id_).ok());
  pods_.reset();
  (void)RemoveTree(directory_);
}

void Host::Restart() {
  pods_.reset();
  pods_ = PodManager::Open(config_, *images_).value();
}

std::string Host::Start(const std::string& script, const std::function<void(ContainerSpec&)>& edit) {
  ContainerSpec spec;
  spec.set_name("container-" + std::to_string(next_++));
  spec.set_image_id("sha256:" + std::string(64, 'b'));
  for (const std::string& word : {std::string("/bin/busybox"), std::string("sh"), std::string("-c"), script}) {
    spec.add_command(word);
  }
  spec.set_log_path(spec.name() + ".log");
  if (edit) edit(spec);
  const std::string id = pods_->CreateContainer(pod_id_, spec, {}).value();
  Status started = pods_->StartContainer(id);
  INFO(started.ToString());
  REQUIRE(started.ok());
  return id;
}

std::string Host::Log(const std::string& id) {
  return ReadFile(pods_->FindContainer(id).value()->record.log_path(), 64 << 20).value_or("");
}

size_t Host::Processes() {
  const std::string job = pods_->FindPod(pod_id_).value()->record.job_name();
  auto jobs = SystemJobs().value();
  auto open = jobs->Open(job);
  return open.ok() ? (*open)->Processes().value_or(std::vector<int32_t>()).size() : 0;
}

int32_t Host::shim_pid() {
  return pods_->FindPod(pod_id_).value()->record.shim_pid();
}

Client::Open Exec(Host& host, const std::string& id, const std::string& script, StdioRequest request) {
  return [&host, id, script, request](boost::asio::any_io_executor executor, StdioEnd end) {
    return host.pods().ExecStream(id, {"/bin/busybox", "sh", "-c", script}, request, std::move(executor),
                                  std::move(end));
  };
}

Client::Open Attach(Host& host, const std::string& id, StdioRequest request) {
  return [&host, id, request](boost::asio::any_io_executor executor, StdioEnd end) {
    return host.pods().AttachStream(id, request, std::move(executor), std::move(end));
  };
}

}  // namespace jobpod::stream_test
