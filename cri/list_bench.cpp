// Prints what ListContainers costs at 1,000 containers: in the server, and for a client over a Unix socket.
#include <fmt/core.h>

#include <algorithm>

#include "cri/handlers.hpp"
#include "cri/test_server.hpp"

namespace jobpod {
namespace {

constexpr int kPods = 500, kContainersPerPod = 2, kRounds = 200;

template <typename Function>
double MedianMilliseconds(const Function& function) {
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    function();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return times[kRounds / 2];
}

// Labels and annotations of the size kubelet gives.
void Fill(FakePodManager& pods) {
  for (int p = 0; p < kPods; ++p) {
    PodSpec spec;
    spec.set_name(Concat("pod-", p));
    spec.set_uid(spec.name());
    const auto pod = pods.RunPod(spec, {});
    for (int c = 0; c < kContainersPerPod; ++c) {
      ContainerSpec container;
      container.set_name(Concat("container-", c));
      container.set_image_id(Concat("sha256:", std::string(64, 'a')));
      for (const char* key : {"name", "namespace", "uid", "container"}) {
        (*container.mutable_labels())[Concat("io.kubernetes.pod.", key)] = "some-value-of-usual-length";
      }
      for (const char* key : {"hash", "restartCount", "terminationMessagePath", "terminationMessagePolicy"}) {
        (*container.mutable_annotations())[Concat("io.kubernetes.container.", key)] = "/dev/termination-log";
      }
      pods.CreateContainer(*pod, container, {}).IgnoreError();
    }
  }
}

TEST_CASE("ListContainers of 1,000") {
  TestServer server;
  Fill(server.pods);
  const Rooms rooms{server.pods, server.images, *server.streaming};
  size_t bytes = 0;
  const auto list = [&] { bytes = handle::ListContainers(rooms, {})->Whole().Length(); };
  list();  // each item's bytes are made once
  const double handler = MedianMilliseconds(list);
  cri::ContainerFilter filter;
  (*filter.mutable_label_selector())["io.kubernetes.pod.name"] = "none";
  const double filtered =
      MedianMilliseconds([&] { handle::ListContainers(rooms, filter)->Whole().Length(); });
  const double call = MedianMilliseconds([&] {
    cri::ListContainersResponse response;
    REQUIRE(Ask(server.runtime, &RuntimeStub::ListContainers, {}, response).ok());
  });
  fmt::print(
      "ListContainers, {} containers, {} KiB: server {:.3f} ms, all filtered out {:.3f} ms, client round "
      "trip {:.2f} ms\n",
      kPods * kContainersPerPod, bytes / 1024, handler, filtered, call);
}

}  // namespace
}  // namespace jobpod
