// Moves the database's write-ahead log back into its file, beside the writers: a checkpoint syncs the disk,
// and that must not happen inside a pod's start.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace jobpod {

// Thread-safe. The thread sleeps until enough has been written.
class Checkpointer {
 public:
  explicit Checkpointer(std::string database_path);

  // One more commit was made.
  void Wrote();

 private:
  void Loop(const std::stop_token& stop);

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  int writes_ = 0;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace jobpod
