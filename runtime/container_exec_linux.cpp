// ExecSync: the shim spawns and kills, this process reads the pipes.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <mutex>

#include "base/id.hpp"
#include "base/pipe_linux.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::milliseconds kDrain{1000};  // for pipe ends kept by processes outside the tree
constexpr std::chrono::seconds kShimSlack{5};      // beyond the exec's own time-out
constexpr size_t kOutputBytes = 65536;

StatusOr<Pipe> MakeOutputPipe() {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  RETURN_IF_ERROR(MakeNonBlocking(pipe.read));
  return pipe;
}

// Wakes a poll from the shim's reply or a cancellation. Shared with both, outlives neither.
class Wake {
 public:
  Wake() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int fd() const { return event_.get(); }

  void Reply(StatusOr<shim::FromShim> reply) {
    std::scoped_lock lock(mutex_);
    reply_ = std::move(reply);
    Signal();
  }
  void Signal() const {
    uint64_t one = 1;
    [[maybe_unused]] ssize_t put = ::write(event_.get(), &one, sizeof one);
  }
  void Drain() const {
    uint64_t count = 0;
    [[maybe_unused]] ssize_t got = ::read(event_.get(), &count, sizeof count);
  }
  std::optional<StatusOr<shim::FromShim>> reply() const {
    std::scoped_lock lock(mutex_);
    return reply_;
  }

 private:
  Fd event_;
  mutable std::mutex mutex_;
  std::optional<StatusOr<shim::FromShim>> reply_;
};

// Reads what is there; keeps at most what is left of the budget and drops the rest. False at EOF.
bool ReadSome(const Fd& fd, std::string& output, size_t& budget, std::string& buffer) {
  for (;;) {
    ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    size_t kept = std::min(static_cast<size_t>(got), budget);
    output.append(buffer.data(), kept);
    budget -= kept;
  }
}

int MillisecondsUntil(std::optional<Deadline> deadline) {
  if (!deadline) return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

// Both pipes until EOF, or the reply and a short drain, or the deadline.
void Collect(Wake& wake, Pipe& out, Pipe& error, ExecResult& result, size_t budget,
             std::optional<Deadline> deadline) {
  std::string buffer(kOutputBytes, '\0');
  bool replied = false;
  while (out.read.valid() || error.read.valid() || !replied) {
    pollfd waits[] = {{wake.fd(), POLLIN, 0}, {out.read.get(), POLLIN, 0}, {error.read.get(), POLLIN, 0}};
    int ready = poll(waits, 3, MillisecondsUntil(deadline));
    if (ready == 0) return;
    if (waits[0].revents != 0) wake.Drain();
    if (waits[1].revents != 0 && !ReadSome(out.read, result.standard_output, budget, buffer))
      out.read.Reset();
    if (waits[2].revents != 0 && !ReadSome(error.read, result.standard_error, budget, buffer))
      error.read.Reset();
    if (!replied && wake.reply()) {
      replied = true;
      deadline = After(kDrain);
    }
  }
}

}  // namespace

StatusOr<ExecResult> Manager::ExecSync(const std::string& id, const std::vector<std::string>& command,
                                       std::chrono::milliseconds timeout, size_t output_limit,
                                       std::stop_token stop) {
  ASSIGN_OR_RETURN(Running running, FindRunning(id, 1));
  const ContainerRecord& record = running.view->record;
  const std::shared_ptr<ShimClient>& client = running.shim;
  shim::ToShim request;
  shim::Exec& exec = *request.mutable_exec();
  exec.set_container_id(record.id());
  ASSIGN_OR_RETURN(*exec.mutable_plan(), ComposeExecPlan(record.plan(), NewId().substr(0, 16), command));
  exec.set_timeout_ms(static_cast<uint32_t>(std::clamp<int64_t>(timeout.count(), 0, UINT32_MAX)));
  exec.set_has_stdout(true);
  exec.set_has_stderr(true);
  ASSIGN_OR_RETURN(Pipe out, MakeOutputPipe());
  ASSIGN_OR_RETURN(Pipe error, MakeOutputPipe());
  auto wake = std::make_shared<Wake>();
  client->CallAsync(request, {out.write.get(), error.write.get()},
                    [wake](StatusOr<shim::FromShim> reply) { wake->Reply(std::move(reply)); });
  out.write.Reset();
  error.write.Reset();
  std::string exec_id = exec.plan().id();
  std::stop_callback cancel(stop, [&] { client->CancelExec(exec_id); });
  ExecResult result;
  std::optional<Deadline> deadline;
  if (timeout.count() > 0) deadline = After(timeout + kShimSlack);
  Collect(*wake, out, error, result, output_limit, deadline);
  auto reply = wake->reply();
  if (stop.stop_requested())
    return absl::CancelledError("the client went away; the command's processes were killed");
  if (!reply) {
    client->CancelExec(exec_id);
    return absl::DeadlineExceededError(Concat("the shim of pod sandbox ", record.pod_id(), " does not answer"));
  }
  RETURN_IF_ERROR(reply->status());
  const shim::ExecReply& done = (*reply)->exec();
  if (done.timed_out()) {
    return absl::DeadlineExceededError(Concat("command \"", command[0], "\" timed out after ",
                                              timeout.count() / 1000, " s and was killed with its children"));
  }
  result.exit_code = done.exit_code();
  return result;
}

}  // namespace jobpod
