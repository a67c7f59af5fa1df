// What happens when the system has no thread left. In processes of their own: the limit cannot be lifted again.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <future>

#include "base/workers.hpp"

namespace jobpod {
namespace {

// The exit code of `body` in a child.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// From now on this process gets no further thread; root is not bound by the limit.
bool ForbidThreads() {
  const rlimit none{0, 0};
  return setrlimit(RLIMIT_NPROC, &none) == 0 && setresuid(65534, 65534, 65534) == 0;
}

TEST_CASE("work is refused, not lost, when no thread can be started") {
  CHECK(InChild([] {
          Workers workers(4, 4);
          if (!ForbidThreads()) return 2;
          return absl::IsResourceExhausted(workers.Run([] {})) ? 0 : 1;
        }) == 0);
}

TEST_CASE("work waits for the threads there are when no further one can be started") {
  CHECK(InChild([] {
          int done = 0;
          bool full = false;
          {
            std::promise<void> busy, go_on;
            Workers workers(4, 2);
            const auto first = [&] {
              busy.set_value();
              go_on.get_future().wait();
            };
            if (!workers.Run(first).ok()) return 2;
            busy.get_future().wait();
            if (!ForbidThreads()) return 2;
            for (int i = 0; i < 4 && !full; ++i) full = absl::IsResourceExhausted(workers.Run([&] { ++done; }));
            go_on.set_value();
          }
          return full && done == 2 ? 0 : 1;
        }) == 0);
}

}  // namespace
}  // namespace jobpod
