#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "base/pipe_linux.hpp"
#include "runtime/exec_output.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::milliseconds kDrain{1000};
constexpr size_t kOutputBytes = 65536;

StatusOr<Pipe> MakeOutputPipe() {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  RETURN_IF_ERROR(MakeNonBlocking(pipe.read));
  return pipe;
}

// Reads once, for a command may write faster than anybody reads; keeps at most what is left of the budget and drops the
// rest. False at EOF.
bool ReadSome(const Fd& fd, std::string& output, size_t& budget, std::string& buffer) {
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  const size_t kept = std::min(static_cast<size_t>(got), budget);
  output.append(buffer.data(), kept);
  budget -= kept;
  return got > 0;
}

bool IsOver(std::optional<Deadline> deadline) {
  return deadline && std::chrono::steady_clock::now() >= *deadline;
}

int MillisecondsUntil(std::optional<Deadline> deadline) {
  if (!deadline) return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

class LinuxExecOutput final : public ExecOutput {
 public:
  LinuxExecOutput(Pipe out, Pipe error)
      : out_(std::move(out)), error_(std::move(error)), answered_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  std::vector<NativeHandle> Theirs() const override { return {out_.write.get(), error_.write.get()}; }
  void CloseTheirs() override {
    out_.write.Reset();
    error_.write.Reset();
  }

  void Answer(Reply reply) override {
    std::scoped_lock lock(mutex_);
    reply_ = std::move(reply);
    uint64_t one = 1;
    [[maybe_unused]] ssize_t put = ::write(answered_.get(), &one, sizeof one);
  }

  std::optional<Reply> Collect(ExecResult& result, size_t budget, std::optional<Deadline> deadline) override {
    std::string buffer(kOutputBytes, '\0');
    bool replied = false;
    while ((out_.read.valid() || error_.read.valid() || !replied) && !IsOver(deadline)) {
      // Once heard, the answer wakes nobody any more.
      pollfd waits[] = {{replied ? -1 : answered_.get(), POLLIN, 0},
                        {out_.read.get(), POLLIN, 0},
                        {error_.read.get(), POLLIN, 0}};
      if (poll(waits, 3, MillisecondsUntil(deadline)) == 0) break;
      if (waits[1].revents != 0 && !ReadSome(out_.read, result.standard_output, budget, buffer)) out_.read.Reset();
      if (waits[2].revents != 0 && !ReadSome(error_.read, result.standard_error, budget, buffer)) error_.read.Reset();
      if (waits[0].revents == 0) continue;
      replied = true;
      deadline = After(kDrain);
    }
    std::scoped_lock lock(mutex_);
    return reply_;
  }

 private:
  Pipe out_, error_;
  const Fd answered_;
  std::mutex mutex_;
  std::optional<Reply> reply_;  // guarded by mutex_
};

}  // namespace

StatusOr<std::shared_ptr<ExecOutput>> ExecOutput::Open() {
  ASSIGN_OR_RETURN(Pipe out, MakeOutputPipe());
  ASSIGN_OR_RETURN(Pipe error, MakeOutputPipe());
  return std::make_shared<LinuxExecOutput>(std::move(out), std::move(error));
}

}  // namespace jobpod
