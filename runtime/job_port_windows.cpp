#include "runtime/job_port_windows.hpp"

#include "base/win32_windows.hpp"

namespace jobpod {
namespace {
constexpr ULONG_PTR kEnd = 0, kCatchUp = ~ULONG_PTR{0};
constexpr DWORD kMostWait = 1'000;  // ms; handlers are short
}  // namespace

StatusOr<std::unique_ptr<JobPort>> JobPort::Start() {
  Handle port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
  if (!port) return LastErrorStatus("make a completion port for job objects");
  Handle caught_up(CreateEventW(nullptr, FALSE, FALSE, nullptr));
  if (!caught_up) return LastErrorStatus("make an event");
  return std::unique_ptr<JobPort>(new JobPort(std::move(port), std::move(caught_up)));
}

JobPort::JobPort(Handle port, Handle caught_up)
    : port_(std::move(port)), caught_up_(std::move(caught_up)), thread_([this] { Run(); }) {}

JobPort::~JobPort() {
  PostQueuedCompletionStatus(port_.get(), 0, kEnd, nullptr);
  thread_.join();
}

StatusOr<uint64_t> JobPort::Attach(HANDLE job, Handler handler) {
  uint64_t key = 0;
  {
    std::lock_guard lock(mutex_);
    key = next_key_++;
    handlers_[key] = std::move(handler);
  }
  JOBOBJECT_ASSOCIATE_COMPLETION_PORT association{reinterpret_cast<PVOID>(key), port_.get()};
  if (SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association,
                              sizeof association)) {
    return key;
  }
  Status failed = LastErrorStatus("watch a job object");
  Detach(key);
  return failed;
}

// A port hands out what it has got in order.
void JobPort::CatchUp() {
  std::lock_guard lock(catch_up_mutex_);
  if (PostQueuedCompletionStatus(port_.get(), 0, kCatchUp, nullptr)) WaitForSingleObject(caught_up_.get(), kMostWait);
}

void JobPort::Detach(uint64_t key) {
  std::lock_guard lock(mutex_);
  handlers_.erase(key);
}

void JobPort::Run() {
  for (;;) {
    DWORD message = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* process = nullptr;  // the id of a process, not a pointer
    if (!GetQueuedCompletionStatus(port_.get(), &message, &key, &process, INFINITE)) return;
    if (key == kEnd) return;
    if (key == kCatchUp) {
      SetEvent(caught_up_.get());
      continue;
    }
    std::lock_guard lock(mutex_);
    auto handler = handlers_.find(key);
    if (handler != handlers_.end()) handler->second(message);
  }
}

}  // namespace jobpod
