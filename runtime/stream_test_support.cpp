#include "runtime/stream_test_support.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <future>

#include "base/file.hpp"

namespace jobpod::stream_test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBound{20};

std::string NewDirectory() {
  char name[] = "/tmp/jobpod-stream-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  fs::permissions(name, fs::perms(0755));
  return name;
}

}  // namespace

bool Eventually(const std::function<bool()>& what, std::chrono::seconds bound) {
  const auto until = std::chrono::steady_clock::now() + bound;
  while (!what()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return true;
}

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

Client::Client(const Open& open, bool reads) : work_(boost::asio::make_work_guard(io_)) {
  auto session = open(io_.get_executor(), [this](StatusOr<int32_t> code) {
    std::lock_guard lock(mutex_);
    CHECK_FALSE(end_);
    end_ = std::move(code);
    changed_.notify_all();
  });
  opened_ = session.status();
  if (session.ok()) {
    session_ = *std::move(session);
    output_.channel = session_->standard_output();
    error_.channel = session_->standard_error();
    for (Stream* stream : {&output_, &error_}) stream->open = stream->channel != nullptr;
  }
  thread_ = std::thread([this] { io_.run(); });
  if (reads) Read();
}

Client::~Client() {
  LetGo();
  work_.reset();
  io_.stop();
  thread_.join();
}

void Client::OnThread(const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Client::Read() {
  OnThread([this] {
    for (Stream* stream : {&output_, &error_}) {
      if (stream->channel != nullptr && session_ != nullptr) ReadOn(*stream);
    }
  });
}

void Client::ReadOn(Stream& stream) {
  stream.channel->Read(boost::asio::buffer(stream.piece),
                       [this, &stream](const boost::system::error_code& error, size_t bytes) {
                         std::lock_guard lock(mutex_);
                         stream.text.append(stream.piece, bytes);
                         changed_.notify_all();
                         if (error) {
                           stream.open = false;
                         } else {
                           ReadOn(stream);
                         }
                       });
}

void Client::Write(const std::string& text) {
  OnThread([&] {
    auto kept = std::make_shared<std::string>(text);
    session_->standard_input()->Write(boost::asio::buffer(*kept),
                                      [kept](const boost::system::error_code&, size_t) {});
  });
}

void Client::CloseInput() {
  OnThread([this] { session_->standard_input()->Close(); });
}

void Client::Resize(uint16_t width, uint16_t height) {
  OnThread([&] { session_->Resize(width, height); });
}

void Client::LetGo() {
  OnThread([this] { session_.reset(); });
}

StatusOr<int32_t> Client::End() {
  std::unique_lock lock(mutex_);
  bool ended = changed_.wait_for(lock, kBound, [&] { return end_ && !output_.open && !error_.open; });
  return ended ? *end_ : StatusOr<int32_t>(absl::DeadlineExceededError("the session does not end"));
}

bool Client::Ended() {
  std::lock_guard lock(mutex_);
  return end_.has_value();
}

bool Client::Says(const std::string& text) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kBound, [&] { return output_.text.find(text) != std::string::npos; });
}

std::string Client::output() {
  std::lock_guard lock(mutex_);
  return output_.text;
}

std::string Client::error_output() {
  std::lock_guard lock(mutex_);
  return error_.text;
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
