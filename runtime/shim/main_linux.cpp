#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <csignal>
#include <exception>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "runtime/shim/main.hpp"
#include "runtime/shim/pod_init.hpp"
#include "runtime/shim/server.hpp"

namespace jobpod::shim {
namespace {

constexpr int kListener = 3;

// There is one shim a pod: memory is given back early and never kept per thread.
void KeepMemorySmall() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, 4096);
  mallopt(M_TRIM_THRESHOLD, 32768);
  mallopt(M_MMAP_THRESHOLD, 32768);
}

// Neither the end of the daemon nor that of its terminal or service takes the pod down.
void OutliveTheDaemon() {
  setsid();
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  (void)!chdir("/");
  umask(022);
}

Status PrepareProcess() {
  KeepMemorySmall();
  OutliveTheDaemon();
  close_range(kListener + 1, ~0U, 0);
  prctl(PR_SET_NAME, "jobpod-shim");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return ErrnoStatus(errno, "become the reaper of orphans");
  if (fcntl(kListener, F_SETFD, FD_CLOEXEC) != 0 || fcntl(kListener, F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoStatus(errno, "use descriptor 3, which must be a listening socket");
  }
  return absl::OkStatus();
}

Status Run(int argc, char** argv) {
  if (argc != 2) return absl::InvalidArgumentError("usage: jobpod-shim CONFIG (started by jobpodd only)");
  RETURN_IF_ERROR(PrepareProcess());
  ASSIGN_OR_RETURN(Config config, ReadConfig(argv[1]));
  boost::asio::io_context io(1);
  Server server(io, std::move(config), argv[1], OwnedHandle(kListener));
  RETURN_IF_ERROR(server.Begin());
  io.run();
  return absl::OkStatus();
}

void Say(std::string_view words) {
  (void)WriteAll(STDERR_FILENO, Concat("jobpod-shim: ", words, "\n"), "standard error");
}

}  // namespace

int ShimMain(int argc, char** argv) {
  if (argc == 1 && std::string_view(argv[0]) == kPodInitName) return PodInitMain();
  try {
    Status status = Run(argc, argv);
    if (status.ok()) return 0;
    Say(Message(status));
  } catch (const std::exception& error) {
    Say(error.what());
  }
  return 1;
}

}  // namespace jobpod::shim
