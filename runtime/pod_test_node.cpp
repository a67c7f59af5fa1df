#include "runtime/pod_test_node.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "base/id.hpp"

namespace jobpod::pod_test {
namespace {

using stream_test::Eventually;

template <typename Value>
Value Take(StatusOr<Value> value) {
  INFO(value.status().ToString());
  REQUIRE(value.ok());
  return *std::move(value);
}

std::string PullImage(Images& images) {
  const test::BuiltImage image = test::BuildImage(ImageAround(Take(ReadFile(JOBPOD_TEST_PROGRAM)), "from the image"));
  test::FakeRegistry registry(
      [&](const test::FakeRequest& request) { return test::FakeRegistry::Serve(request, image); });
  PullRequest request;
  request.reference = registry.address() + "/test/program:1";
  request.any_windows = true;
  return Take(images.Pull(request, {}));
}

}  // namespace

Node::Node(const std::function<void(PodSpec&)>& edit) {
  SetUpHost();
  config_.root = directory_.path + "/root";
  config_.state = directory_.path + "/state";
  config_.link_root = Below(directory_.path, "hpc");
  config_.shim_path = JOBPOD_SHIM_PATH;
  config_.job_root = "jobpod-pod-test-" + NewId().substr(0, 12);
  config_.survivor_grace = std::chrono::milliseconds(500);
  images_ = test::OpenImages(directory_.path + "/images");
  image_id_ = PullImage(*images_);
  Begin();
  PodSpec spec;
  spec.set_name("pod");
  spec.set_uid("1");
  spec.set_layout("hostprocess-link");
  spec.set_handler("hostprocess-link");
  spec.set_log_directory(Below(directory_.path, "logs"));
  if (edit) edit(spec);
  pod_id_ = Take(pods_->RunPod(spec, {}));
}

Node::~Node() {
  if (pods_ == nullptr) Begin();
  CHECK(pods_->RemovePod(pod_id_).ok());
  pods_.reset();
}

void Node::Begin() {
  pods_ = Take(PodManager::Open(config_, *images_));
}

std::string Node::Create(const Words& words, const Edit& edit) {
  ContainerSpec spec;
  spec.set_name("container-" + std::to_string(next_++));
  spec.set_image_id(image_id_);
  spec.add_command("/bin/program");
  for (const std::string& word : words) spec.add_args(word);
  spec.set_log_path(spec.name() + "/0.log");
  SetAccount(spec);
  if (edit) edit(spec);
  return Take(pods_->CreateContainer(pod_id_, spec, {}));
}

std::string Node::Start(const Words& words, const Edit& edit) {
  const std::string id = Create(words, edit);
  const Status started = pods_->StartContainer(id);
  INFO(started.ToString());
  REQUIRE(started.ok());
  return id;
}

std::string Node::Run(const Words& words, int32_t code, const Edit& edit) {
  const std::string id = Start(words, edit);
  CHECK(Exits(id, code));
  return id;
}

bool Node::Exits(const std::string& id, int32_t code) {
  const bool exited = Eventually([&] { return container(id)->state() == ContainerState::kExited; });
  INFO(container(id)->record.reason() << ": " << container(id)->record.message());
  CHECK(exited);
  CHECK(container(id)->record.exit_code() == code);
  return exited && container(id)->record.exit_code() == code;
}

std::string Node::Log(const std::string& id) const {
  return ReadFile(container(id)->record.log_path()).value_or("");
}

bool Node::Logs(const std::string& id, const std::string& text) const {
  const bool logged = Eventually([&] { return Log(id).find(text) != std::string::npos; });
  INFO("log: " << Log(id));
  CHECK(logged);
  return logged;
}

size_t Node::Processes() const {
  auto jobs = Take(SystemJobs());
  auto job = jobs->Open(pod()->record.job_name());
  return job.ok() ? CountPrograms((*job)->Processes().value_or(std::vector<int32_t>())) : 0;
}

std::string Node::Directory(const std::string& name) const {
  const std::string path = Below(directory_.path, name);
  REQUIRE(MakeDirectories(path).ok());
  return path;
}

size_t Node::Entries(const std::string& name) const {
  std::error_code error;
  auto entries = std::filesystem::directory_iterator(directory_.path + "/" + name, error);
  return error ? 0 : static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

stream_test::Client::Open Node::Exec(const std::string& id, Words words, StdioRequest request) {
  words.insert(words.begin(), "/bin/program");
  return [this, id, words, request](boost::asio::any_io_executor executor, StdioEnd end) {
    return pods_->ExecStream(id, words, request, std::move(executor), std::move(end));
  };
}

stream_test::Client::Open Node::Attach(const std::string& id, StdioRequest request) {
  return [this, id, request](boost::asio::any_io_executor executor, StdioEnd end) {
    return pods_->AttachStream(id, request, std::move(executor), std::move(end));
  };
}

}  // namespace jobpod::pod_test
