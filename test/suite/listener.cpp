// One line for each case with its time, the daemon's log after a failed one, and the counts for test/run.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "test/suite/checks.hpp"
#include "test/suite/shared_daemon.hpp"

namespace jobpod::test {
namespace {

struct Tally {
  int passed = 0, failed = 0, skipped = 0;
  std::string skip_reason;  // of the running case
};

Tally& Counts() {
  static Tally tally;
  return tally;
}

class Listener : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo&) override {
    Counts().skip_reason.clear();
    start_ = std::chrono::steady_clock::now();
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    Tally& counts = Counts();
    const bool failed = stats.totals.testCases.failed > 0;
    const bool skipped = !failed && !counts.skip_reason.empty();
    (failed ? counts.failed : skipped ? counts.skipped : counts.passed)++;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::printf("%-4s %6.2f s  %s%s%s\n",
                failed    ? "FAIL"
                : skipped ? "skip"
                          : "ok",
                seconds, stats.testInfo.name.c_str(), skipped ? ": " : "", counts.skip_reason.c_str());
    if (failed) std::printf("---- jobpodd's last lines\n%s\n----\n", SharedDaemonLog().c_str());
    std::fflush(stdout);
  }

  void testRunEnded(const Catch::TestRunStats&) override {
    EndSharedDaemon();
    const char* file = std::getenv("JOBPOD_TEST_COUNTS");
    if (file)
      std::ofstream(file, std::ios::app)
          << Counts().passed << " " << Counts().failed << " " << Counts().skipped << "\n";
  }

 private:
  std::chrono::steady_clock::time_point start_;
};

CATCH_REGISTER_LISTENER(Listener)

}  // namespace

void NoteSkipped(const std::string& reason) {
  Counts().skip_reason = reason;
  SUCCEED(reason);
}

}  // namespace jobpod::test
