// The completion port at which job objects report: one for all jobs of a process, with one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// Thread-safe. Must outlive what is attached.
class JobPort {
 public:
  // Gets a JOB_OBJECT_MSG_… on the port's thread, under the port's lock: it is short, and attaches and
  // detaches nothing. Windows may lose messages; only those of limits are certain.
  using Handler = std::function<void(uint32_t message)>;

  static StatusOr<std::unique_ptr<JobPort>> Start();
  ~JobPort();
  JobPort(const JobPort&) = delete;
  JobPort& operator=(const JobPort&) = delete;

  // Reports of `job` go to `handler` until Detach(key). A job object can be attached once in its life.
  StatusOr<uint64_t> Attach(HANDLE job, Handler handler);

  // Comes back when what jobs have reported before the call has been handled. Not on the port's thread.
  void CatchUp();

  // No call of the handler comes after this.
  void Detach(uint64_t key);

 private:
  JobPort(Handle port, Handle caught_up);
  void Run();

  const Handle port_, caught_up_;
  std::mutex catch_up_mutex_;  // one CatchUp at a time
  std::mutex mutex_;
  std::map<uint64_t, Handler> handlers_;  // guarded by mutex_
  uint64_t next_key_ = 1;                 // guarded by mutex_; 0 and the highest are the port's own
  std::thread thread_;
};

}  // namespace jobpod
