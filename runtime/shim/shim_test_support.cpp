#include "runtime/shim/shim_test_support.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "base/file.hpp"
#include "base/id.hpp"

namespace jobpod::shim_test {

bool Eventually(const std::function<bool()>& what, milliseconds bound) {
  const Deadline deadline = After(bound);
  while (!what()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

LaunchPlan ProgramPlan(const Words& words) {
  LaunchPlan plan;
  plan.set_id(NewId());
  plan.add_argv("program");
  for (const std::string& word : words) plan.add_argv(word);
  plan.add_executables("/nowhere/program");
  plan.add_executables(SHIM_TEST_PROGRAM);
  plan.set_working_directory("/");
  plan.set_survivor_grace_ms(5000);
  return plan;
}

TestShim::TestShim(uint32_t handshake_timeout_ms) : work_(boost::asio::make_work_guard(io_)) {
  config_.set_protocol_version(1);
  config_.set_pod_id(NewId());
  // Deeper than a socket address is long.
  config_.set_state_directory(directory_.path + "/a-directory-with-a-rather-long-name/pods/" + config_.pod_id());
  config_.set_job_name("jobpod-shim-test-" + NewId().substr(0, 12) + "/" + config_.pod_id());
  config_.set_handshake_timeout_ms(handshake_timeout_ms);
  jobs_ = SystemJobs().value();
  process_ = SpawnShim(JOBPOD_SHIM_PATH, config_).value();
  watched_ = ShimProcess(process_);
  thread_ = std::thread([this] { io_.run(); });
}

TestShim::~TestShim() {
  if (client_ != nullptr && client_->connected()) {
    shim::ToShim request;
    request.mutable_shutdown();
    (void)client_->Call(request, After(milliseconds(15000)));
  }
  Disconnect();
  watched_.End();
  if (auto job = jobs_->Open(config_.job_name()); job.ok()) {
    (void)(*job)->Terminate();
    (void)Eventually([&] { return (*job)->Remove().ok(); });
  }
  const std::string parent = config_.job_name().substr(0, config_.job_name().find('/'));
  if (auto job = jobs_->Open(parent); job.ok()) (void)(*job)->Remove();
  work_.reset();
  io_.stop();
  thread_.join();
}

void TestShim::Disconnect() {
  if (client_ != nullptr) client_->Close();
  client_.reset();
}

Status TestShim::Connect() {
  ShimClient::Callbacks callbacks;
  callbacks.exited = [this](const shim::ContainerReport& report) {
    std::lock_guard lock(mutex_);
    exited_[report.id()] = report;
    changed_.notify_all();
  };
  callbacks.disconnected = [this] {
    std::lock_guard lock(mutex_);
    disconnected_ = true;
  };
  auto client = ShimClient::Connect(io_, process_.socket, callbacks);
  if (!client.ok()) UNSCOPED_INFO(client.status().ToString());
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  StatusOr<shim::HelloReply> hello = client_->Hello(After(milliseconds(5000)));
  if (hello.ok()) hello_ = *hello;
  if (!hello.ok()) UNSCOPED_INFO(hello.status().ToString());
  return hello.status();
}

StatusOr<shim::FromShim> TestShim::Ask(const shim::ToShim& request, const std::vector<NativeHandle>& handles) {
  return client_->Call(request, After(milliseconds(15000)), handles);
}

StatusOr<shim::FromShim> TestShim::Start(const LaunchPlan& plan) {
  shim::ToShim request;
  *request.mutable_start()->mutable_plan() = plan;
  return Ask(request);
}

LaunchPlan TestShim::StartSleeper() {
  REQUIRE(Connect().ok());
  LaunchPlan plan = Program({"ignore", "say", "up", "wait"});
  REQUIRE(Start(plan).ok());
  REQUIRE(Eventually([&] { return Log(plan) == "stdout F up\n" && Programs() == 1; }));
  return plan;
}

Status TestShim::Stop(const std::string& id, uint32_t timeout_ms, bool whole_tree) {
  shim::ToShim request;
  request.mutable_stop()->set_container_id(id);
  request.mutable_stop()->set_timeout_ms(timeout_ms);
  request.mutable_stop()->set_whole_tree(whole_tree);
  return Ask(request).status();
}

StatusOr<shim::ExecReply> TestShim::Exec(const std::string& container, const LaunchPlan& plan,
                                         uint32_t timeout_ms, NativeHandle output) {
  shim::ToShim request;
  auto& exec = *request.mutable_exec();
  exec.set_container_id(container);
  *exec.mutable_plan() = plan;
  exec.set_timeout_ms(timeout_ms);
  exec.set_has_stdout(output != kNoHandle);
  auto reply = Ask(request, output != kNoHandle ? std::vector<NativeHandle>{output} : std::vector<NativeHandle>());
  if (!reply.ok()) return reply.status();
  return reply->exec();
}

shim::ContainerReport TestShim::AwaitExit(const std::string& id) {
  std::unique_lock lock(mutex_);
  bool exited = changed_.wait_for(lock, std::chrono::seconds(15), [&] { return exited_.count(id) > 0; });
  REQUIRE(exited);
  return exited_[id];
}

std::string TestShim::Log(const LaunchPlan& plan) const {
  std::istringstream content(ReadFile(plan.stdio().log_path()).value_or(""));
  std::string text;
  for (std::string line; std::getline(content, line);) text += line.substr(line.find(' ') + 1) + "\n";
  return text;
}

LaunchPlan TestShim::WithLog(LaunchPlan plan) const {
  plan.mutable_stdio()->set_log_path(LogPath(plan.id()));
  return plan;
}

std::vector<int32_t> TestShim::Processes() const {
  auto job = jobs_->Open(config_.job_name());
  return job.ok() ? (*job)->Processes().value_or(std::vector<int32_t>()) : std::vector<int32_t>();
}

bool TestShim::JobExists() const {
  return jobs_->Open(config_.job_name()).ok();
}

size_t TestShim::Jobs() const {
  std::function<size_t(const std::string&)> count = [&](const std::string& name) {
    size_t sum = 1;
    for (const std::string& child : jobs_->Children(name)) sum += count(name + "/" + child);
    return sum;
  };
  return count(config_.job_name());
}

bool TestShim::disconnected() const {
  std::lock_guard lock(mutex_);
  return disconnected_;
}

}  // namespace jobpod::shim_test
