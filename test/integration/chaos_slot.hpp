// One pod of the chaos run: made, watched, judged and removed over and over, whatever dies meanwhile.
#pragma once

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "test/harness/client.hpp"

namespace jobpod::test {

// What went wrong, and every id that ever was. Thread-safe.
class Findings {
 public:
  void Add(const std::string& finding);
  void Know(const std::string& id);
  std::vector<std::string> list() const;
  std::set<std::string> ids() const;
  std::atomic<int> finished = 0;  // pods that were judged and removed

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> list_;
  std::set<std::string> ids_;
};

enum class Hit { kNone, kKilled, kStopped };

class Slot {
 public:
  Slot(std::string image, std::string logs, Findings& findings, int number);

  // One step of the pod's life; never waits long. `closing`: no new pod after this one. False when the daemon is
  // away: wait for it, then try the step again.
  bool Step(CriClient& client, bool closing);
  bool Empty() const;
  // The shim of the pod with this id is about to be hit; false when the pod is another one by now.
  bool MarkHit(const std::string& shim_command, Hit hit);

 private:
  void Begin();
  void Refused(const grpc::Status& status);
  void Make(CriClient& client);
  void Watch(CriClient& client);
  bool GrowsOn(const std::string& log);
  void Judge(const cri::ContainerStatus& status);
  void JudgeLog(const std::string& path, bool whole);
  void RemoveIt(CriClient& client);
  void Complain(const std::string& what);

  const std::string image_, logs_;
  Findings& findings_;
  const int number_;
  mutable std::mutex mutex_;  // one step or mark at a time
  std::mt19937 random_;
  int round_ = 0;
  int code_ = 0, lines_ = 0;
  cri::PodSandboxConfig config_;
  std::string pod_, container_;
  bool started_ = false, judged_ = false;
  Hit hit_ = Hit::kNone;
  std::chrono::steady_clock::time_point since_;
  uintmax_t log_size_ = 0;
};

}  // namespace jobpod::test
