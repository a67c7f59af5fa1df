#include <windows.h>

#include <algorithm>
#include <mutex>

#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/exec_output.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::milliseconds kDrain{1000};
constexpr size_t kOutputBytes = 65536;

StatusOr<Handle> MakeEvent() {
  Handle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!event) return LastErrorStatus("make an event");
  return event;
}

DWORD MillisecondsUntil(std::optional<Deadline> deadline) {
  if (!deadline) return INFINITE;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<DWORD>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

bool IsOver(std::optional<Deadline> deadline) {
  return deadline && std::chrono::steady_clock::now() >= *deadline;
}

bool IsSet(HANDLE event) { return WaitForSingleObject(event, 0) == WAIT_OBJECT_0; }

// One output, with a read always under way. The system writes into it until that has ended, on the thread that began
// it: Begin, Take and the destructor are called on one.
class Output {
 public:
  Output(Pipe pipe, Handle event) : pipe_(std::move(pipe)), event_(std::move(event)), buffer_(kOutputBytes, '\0') {}
  ~Output() { Abandon(); }

  HANDLE theirs() const { return pipe_.write.get(); }
  void CloseTheirs() { pipe_.write.Reset(); }
  HANDLE event() const { return event_.get(); }
  bool open() const { return static_cast<bool>(pipe_.read); }
  bool ready() const { return open() && IsSet(event_.get()); }

  void Begin() {
    overlapped_ = {};
    overlapped_.hEvent = event_.get();
    const bool begun = ::ReadFile(pipe_.read.get(), buffer_.data(), static_cast<DWORD>(buffer_.size()), nullptr,
                                  &overlapped_) != 0 ||
                       GetLastError() == ERROR_IO_PENDING;
    if (!begun) pipe_.read.Reset();
  }

  // What the read has brought; keeps at most what is left of the budget and drops the rest.
  void Take(std::string& output, size_t& budget) {
    DWORD got = 0;
    if (!GetOverlappedResult(pipe_.read.get(), &overlapped_, &got, TRUE)) return pipe_.read.Reset();
    const size_t kept = std::min<size_t>(got, budget);
    output.append(buffer_.data(), kept);
    budget -= kept;
    Begin();
  }

  void Abandon() {
    if (!open()) return;
    CancelIoEx(pipe_.read.get(), &overlapped_);
    DWORD got = 0;
    GetOverlappedResult(pipe_.read.get(), &overlapped_, &got, TRUE);
    pipe_.read.Reset();
  }

 private:
  Pipe pipe_;
  const Handle event_;
  OVERLAPPED overlapped_{};
  std::string buffer_;
};

class WindowsExecOutput final : public ExecOutput {
 public:
  WindowsExecOutput(std::unique_ptr<Output> out, std::unique_ptr<Output> error, Handle answered)
      : out_(std::move(out)), error_(std::move(error)), answered_(std::move(answered)) {}

  std::vector<NativeHandle> Theirs() const override {
    return {reinterpret_cast<NativeHandle>(out_->theirs()), reinterpret_cast<NativeHandle>(error_->theirs())};
  }
  void CloseTheirs() override {
    out_->CloseTheirs();
    error_->CloseTheirs();
  }

  void Answer(Reply reply) override {
    std::scoped_lock lock(mutex_);
    reply_ = std::move(reply);
    SetEvent(answered_.get());
  }

  std::optional<Reply> Collect(ExecResult& result, size_t budget, std::optional<Deadline> deadline) override {
    out_->Begin();
    error_->Begin();
    bool replied = false;
    while ((out_->open() || error_->open() || !replied) && !IsOver(deadline)) {
      std::vector<HANDLE> waits;
      if (!replied) waits.push_back(answered_.get());
      for (const auto* output : {out_.get(), error_.get()}) {
        if (output->open()) waits.push_back(output->event());
      }
      const DWORD count = static_cast<DWORD>(waits.size());
      if (WaitForMultipleObjects(count, waits.data(), FALSE, MillisecondsUntil(deadline)) >= count) break;
      // All that is ready, for the wait tells the first alone.
      if (!replied && IsSet(answered_.get())) {
        replied = true;
        deadline = After(kDrain);
      }
      if (out_->ready()) out_->Take(result.standard_output, budget);
      if (error_->ready()) error_->Take(result.standard_error, budget);
    }
    // On this thread, whoever lets go of the rest.
    out_->Abandon();
    error_->Abandon();
    std::scoped_lock lock(mutex_);
    return reply_;
  }

 private:
  const std::unique_ptr<Output> out_, error_;
  const Handle answered_;
  std::mutex mutex_;
  std::optional<Reply> reply_;  // guarded by mutex_
};

StatusOr<std::unique_ptr<Output>> MakeOutput() {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe(PipeUse::kOverlapped, PipeUse::kWaiting));
  ASSIGN_OR_RETURN(Handle event, MakeEvent());
  return std::make_unique<Output>(std::move(pipe), std::move(event));
}

}  // namespace

StatusOr<std::shared_ptr<ExecOutput>> ExecOutput::Open() {
  ASSIGN_OR_RETURN(auto out, MakeOutput());
  ASSIGN_OR_RETURN(auto error, MakeOutput());
  ASSIGN_OR_RETURN(Handle answered, MakeEvent());
  return std::make_shared<WindowsExecOutput>(std::move(out), std::move(error), std::move(answered));
}

}  // namespace jobpod
