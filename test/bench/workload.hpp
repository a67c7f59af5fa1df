// Pods of one runtime, and what is measured on them. Every figure is taken by the same code on each peer.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "test/bench/peer.hpp"

namespace jobpod::bench {

// Milliseconds, unless said otherwise.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }
  double Median() const;
  double Minimum() const;

 private:
  std::vector<double> values_;
};

class Workload {
 public:
  Workload(Peer& peer, const std::string& image);

  Peer& peer() { return peer_; }
  test::CriClient& client() { return client_; }
  // The first pod that was started and its first container.
  const std::string& first_pod() const { return pods_.front().id; }
  const std::string& first_container() const { return pods_.front().containers.front(); }

  // RunPodSandbox, then CreateContainer and StartContainer as often as `containers` says, all on `client`.
  void StartPod(test::CriClient& client, int containers = 1);
  // Starts `count` pods in `threads` threads with a connection each; returns the seconds it took.
  double StartPods(int count, int threads, int containers = 1);
  // `count` more containers in each pod, not started.
  void CreateMore(int count);
  void RemoveAll();

  Samples PodStart(int count, test::Milliseconds idle);
  Samples ExecTrue(int count);
  Samples Stats(int count);
  // ListContainers without parsing the answer; `cpu_ms` gets the daemon's CPU time for each call.
  Samples List(int count, double& cpu_ms, size_t& answer_bytes);
  // The daemon is killed and started; milliseconds until it lists what runs.
  double Restart();
  double ShimMegabytes() const;    // PSS, mean
  double DaemonMegabytes() const;  // RSS

 private:
  struct Pod {
    std::string id;
    cri::PodSandboxConfig config;
    std::vector<std::string> containers;
  };
  std::string CreateIn(test::CriClient& client, const Pod& pod);

  Peer& peer_;
  std::string image_;
  test::CriClient client_;
  std::mutex mutex_;
  std::deque<Pod> pods_;
  int next_ = 0;
};

}  // namespace jobpod::bench
