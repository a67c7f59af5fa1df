#include "test/bench/workload.hpp"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/text.hpp"
#include "test/harness/configs.hpp"
#include "test/harness/host.hpp"

namespace jobpod::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Runtime = cri::RuntimeService::Stub;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

constexpr double kMegabyte = 1e6;

}  // namespace

double Samples::Median() const {
  std::vector<double> sorted = values_;
  if (sorted.empty()) return 0;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2), sorted.end());
  return sorted[sorted.size() / 2];
}

double Samples::Minimum() const {
  return values_.empty() ? 0 : *std::min_element(values_.begin(), values_.end());
}

Workload::Workload(Peer& peer, const std::string& image) : peer_(peer), client_(peer.address()) {
  image_ = client_.Pull(image);
}

std::string Workload::CreateIn(test::CriClient& client, const Pod& pod) {
  int number = 0;
  {
    std::lock_guard lock(mutex_);
    number = next_++;
  }
  cri::ContainerConfig container =
      test::HostProcessContainer(Concat("c", number), image_, {peer_.busybox(), "sleep", "100000"});
  container.mutable_linux()->clear_security_context();
  container.mutable_linux()->mutable_security_context()->set_privileged(true);
  return client.Create(pod.id, pod.config, container);
}

void Workload::StartPod(test::CriClient& client, int containers) {
  Pod pod;
  pod.config = test::HostProcessPod("bench", peer_.logs());
  pod.id = client.RunPod(pod.config);
  for (int i = 0; i < containers; ++i) {
    pod.containers.push_back(CreateIn(client, pod));
    client.Start(pod.containers.back());
  }
  std::lock_guard lock(mutex_);
  pods_.push_back(std::move(pod));
}

double Workload::StartPods(int count, int threads, int containers) {
  std::atomic<int> left = count;
  std::vector<std::unique_ptr<test::CriClient>> clients;
  for (int i = 0; i < threads; ++i) {
    clients.push_back(std::make_unique<test::CriClient>(peer_.address()));
    clients.back()->Connects(test::Milliseconds(5'000));
  }
  const auto start = Clock::now();
  {
    std::vector<std::jthread> workers;
    for (auto& client : clients)
      workers.emplace_back([&] {
        while (left-- > 0) StartPod(*client, containers);
      });
  }
  return MillisecondsSince(start) / 1e3;
}

void Workload::CreateMore(int count) {
  for (Pod& pod : pods_)
    for (int i = 0; i < count; ++i) pod.containers.push_back(CreateIn(client_, pod));
}

void Workload::RemoveAll() {
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&] {
      test::CriClient client(peer_.address());
      while (true) {
        Pod pod;
        {
          std::lock_guard lock(mutex_);
          if (pods_.empty()) return;
          pod = std::move(pods_.front());
          pods_.pop_front();
        }
        client.StopPod(pod.id);
        client.RemovePod(pod.id);
      }
    });
}

Samples Workload::PodStart(int count, test::Milliseconds idle) {
  Samples samples;
  StartPod(client_);  // the first one warms caches and is not counted
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(idle);
    const auto start = Clock::now();
    StartPod(client_);
    samples.Add(MillisecondsSince(start));
  }
  RemoveAll();
  return samples;
}

Samples Workload::ExecTrue(int count) {
  Samples samples;
  const std::string& container = pods_.front().containers.front();
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    const auto response = client_.Exec(container, {peer_.busybox(), "true"});
    samples.Add(MillisecondsSince(start));
    if (response.exit_code() != 0) test::SetUpFailed(peer_.name() + ": exec of true did not end with 0");
  }
  return samples;
}

Samples Workload::Stats(int count) {
  Samples samples;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    client_.Call(&Runtime::ListContainerStats, cri::ListContainerStatsRequest());
    samples.Add(MillisecondsSince(start));
  }
  return samples;
}

Samples Workload::List(int count, double& cpu_ms, size_t& answer_bytes) {
  const grpc::internal::RpcMethod method("/runtime.v1.RuntimeService/ListContainers",
                                         grpc::internal::RpcMethod::NORMAL_RPC, client_.channel());
  Samples samples;
  const uint64_t cpu = test::CpuNanoseconds(peer_.daemon());
  for (int i = 0; i < count; ++i) {
    grpc::ClientContext context;
    grpc::ByteBuffer request, response;
    grpc::Slice empty;
    request = grpc::ByteBuffer(&empty, 1);
    const auto start = Clock::now();
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall(client_.channel().get(), method, &context, request, &response);
    samples.Add(MillisecondsSince(start));
    if (!status.ok()) throw test::RpcFailed("ListContainers", status);
    answer_bytes = response.Length();
  }
  cpu_ms = static_cast<double>(test::CpuNanoseconds(peer_.daemon()) - cpu) / 1e6 / count;
  return samples;
}

// New clients, because a channel whose connection was refused waits before it tries again.
double Workload::Restart() {
  cri::ListContainersRequest running;
  running.mutable_filter()->mutable_state()->set_state(cri::CONTAINER_RUNNING);
  const auto start = Clock::now();
  peer_.Restart();
  const auto all_there = [&] {
    test::CriClient client(peer_.address());
    int count = 0;
    const grpc::Status status =
        test::Outcome([&] { count = client.Call(&Runtime::ListContainers, running).containers_size(); });
    return status.ok() && count == static_cast<int>(pods_.size());
  };
  if (!test::Eventually(all_there, test::Milliseconds(60'000)))
    test::SetUpFailed(peer_.name() + " does not find its containers again after a restart");
  const double took = MillisecondsSince(start);
  client_.Connects(test::Milliseconds(5'000));
  return took;
}

double Workload::ShimMegabytes() const {
  const std::vector<pid_t> shims = peer_.shims();
  uint64_t sum = 0;
  for (const pid_t shim : shims) sum += test::ProportionalBytes(shim);
  return shims.empty() ? 0 : static_cast<double>(sum) / kMegabyte / static_cast<double>(shims.size());
}

double Workload::DaemonMegabytes() const {
  return static_cast<double>(test::ResidentBytes(peer_.daemon())) / kMegabyte;
}

}  // namespace jobpod::bench
