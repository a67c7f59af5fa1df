// A thread for one stream: reads and writes of consoles, pipes and files make their thread wait.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/handle_windows.hpp"

namespace jobpod::cli {

class StreamThread {
 public:
  StreamThread();
  // Breaks off what it waits for.
  ~StreamThread();
  StreamThread(const StreamThread&) = delete;
  StreamThread& operator=(const StreamThread&) = delete;

  // Runs `work` soon; the last one has ended before.
  void Do(std::function<void()> work);

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;
  Handle self_;
  bool leaving_ = false, ended_ = false;
  std::thread thread_;
};

}  // namespace jobpod::cli
