#include "runtime/job_port_windows.hpp"

#include "base/win32_windows.hpp"

namespace jobpod {

StatusOr<std::unique_ptr<JobPort>> JobPort::Start() {
  Handle port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
  if (!port) return LastErrorStatus("make a completion port for job objects");
  return std::unique_ptr<JobPort>(new JobPort(std::move(port)));
}

JobPort::JobPort(Handle port) : port_(std::move(port)), thread_([this] { Run(); }) {}

JobPort::~JobPort() {
  PostQueuedCompletionStatus(port_.get(), 0, 0, nullptr);
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
    if (key == 0) return;
    std::lock_guard lock(mutex_);
    auto handler = handlers_.find(key);
    if (handler != handlers_.end()) handler->second(message);
  }
}

}  // namespace jobpod
