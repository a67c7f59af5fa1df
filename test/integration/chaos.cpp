// chaos [--pods N] [--kills N]: pods come and go while the daemon is killed and shims are killed or stopped
// at random moments. Every container must end in a true state with its log whole and its code right, and
// nothing may be left. Ends with 1 and one line for each finding otherwise.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <iostream>
#include <thread>

#include "base/text.hpp"
#include "test/harness/daemon.hpp"
#include "test/harness/host.hpp"
#include "test/harness/registry.hpp"
#include "test/integration/chaos_slot.hpp"
#include "test/integration/leftovers.hpp"

namespace jobpod::test {
namespace {

class Chaos {
 public:
  Chaos(int pods, int kills) : kills_(kills), leftovers_(daemon_) {
    registry_.Push(ImageLayout(), "busybox");
    const std::string image = daemon_.client().Pull(registry_.Reference("busybox"));
    for (int i = 0; i < pods; ++i) slots_.emplace_back(image, daemon_.logs(), findings_, i);
  }

  int Run() {
    {
      std::vector<std::jthread> workers;
      for (size_t i = 0; i < kWorkers; ++i) workers.emplace_back([this, i] { Work(i); });
      Attack();
      closing_ = true;
    }
    End();
    const std::vector<std::string> found = findings_.list();
    for (const std::string& finding : found) std::printf("%s\n", finding.c_str());
    std::printf(
        "%zu pods at a time, %d finished; %d daemon kills, %d shims killed or stopped; %zu findings\n",
        slots_.size(), findings_.finished.load(), kills_, shims_hit_, found.size());
    if (!found.empty()) std::printf("---- jobpodd's last lines\n%s\n", log_.c_str());
    return found.empty() ? 0 : 1;
  }

 private:
  static constexpr size_t kWorkers = 6;

  void Work(size_t worker) {
    CriClient client(daemon_.address());
    const auto end = [&] { return closing_ && std::chrono::steady_clock::now() > close_by_.load(); };
    while (!end()) {
      bool busy = false;
      for (size_t i = worker; i < slots_.size(); i += kWorkers) {
        if (!slots_[i].Step(client, closing_)) client.Connects(Milliseconds(5'000));
        busy = busy || !slots_[i].Empty();
      }
      if (closing_ && !busy) return;
      std::this_thread::sleep_for(Milliseconds(10));
    }
    findings_.Add("pods were not finished three minutes after the last attack");
  }

  // Begins when every slot has had its first pod for a while; daemon kills and shim hits take turns.
  void Attack() {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    for (int i = 0; i < kills_; ++i) {
      Pause(400);
      HitShim();
      Pause(400);
      daemon_.Kill();
      if (random_() % 3 == 0) HitShim();  // both dead
      Pause(200);
      daemon_.Start();
    }
    while (shims_hit_ < kills_ && HitShim()) Pause(100);
    close_by_ = std::chrono::steady_clock::now() + std::chrono::minutes(3);
  }

  void Pause(unsigned milliseconds) { std::this_thread::sleep_for(Milliseconds(random_() % milliseconds)); }

  // Tries shims in random order until one belongs to a pod that may be hit.
  bool HitShim() {
    std::vector<pid_t> shims = daemon_.Shims();
    std::shuffle(shims.begin(), shims.end(), random_);
    const Hit hit = random_() % 2 ? Hit::kKilled : Hit::kStopped;
    for (const pid_t shim : shims) {
      const std::string command = CommandLine(shim);
      for (Slot& slot : slots_)
        if (slot.MarkHit(command, hit)) {
          kill(shim, hit == Hit::kKilled ? SIGKILL : SIGSTOP);
          ++shims_hit_;
          return true;
        }
    }
    return false;
  }

  void End() {
    for (const std::string& problem : daemon_.RemoveEverything()) findings_.Add(problem);
    log_ = daemon_.LogTail();
    if (!daemon_.Terminate()) findings_.Add("the daemon did not end with SIGTERM");
    Eventually([&] { return leftovers_.Found(findings_.ids()).empty(); });
    for (const std::string& left : leftovers_.Found(findings_.ids())) findings_.Add("left behind: " + left);
  }

  const int kills_;
  Registry registry_;
  Daemon daemon_;
  const Leftovers leftovers_;
  Findings findings_;
  std::deque<Slot> slots_;
  std::atomic<bool> closing_ = false;
  std::atomic<std::chrono::steady_clock::time_point> close_by_{std::chrono::steady_clock::time_point::max()};
  std::mt19937 random_{20240417};
  int shims_hit_ = 0;
  std::string log_;
};

}  // namespace
}  // namespace jobpod::test

int main(int argc, char** argv) {
  int pods = 100, kills = 50;
  CLI::App app("Pods come and go while the daemon and shims are killed");
  app.add_option("--pods", pods, "pods at a time");
  app.add_option("--kills", kills, "daemon kills, and as many hits on shims");
  CLI11_PARSE(app, argc, argv);
  try {
    return jobpod::test::Chaos(pods, kills).Run();
  } catch (const std::exception& error) {
    std::cerr << "chaos: " << error.what() << "\n";
    return 1;
  }
}
