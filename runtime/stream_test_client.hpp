// For tests of streams: a client of one session, with a thread of its own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "runtime/stdio_session.hpp"

namespace jobpod::stream_test {

// Looks every few milliseconds; false when `what` has not come true in time.
bool Eventually(const std::function<bool()>& what, std::chrono::seconds bound = std::chrono::seconds(20));

class Client {
 public:
  using Open = std::function<StatusOr<std::unique_ptr<StdioSession>>(boost::asio::any_io_executor, StdioEnd)>;

  // With `reads` false the output is left in the channels until Read is called.
  explicit Client(const Open& open, bool reads = true);
  ~Client();

  const Status& opened() const { return opened_; }
  void Write(const std::string& text);  // does not wait
  void CloseInput();
  void Resize(uint16_t width, uint16_t height);
  void Read();
  // Destroys the session, as the server does when its client is gone.
  void LetGo();

  // After the end and both ends of file; DeadlineExceeded when they do not come.
  StatusOr<int32_t> End();
  bool Ended();
  bool Says(const std::string& text);
  std::string output();
  std::string error_output();

 private:
  struct Stream {
    Channel* channel = nullptr;
    std::string text;
    bool open = false;
    char piece[16384];
  };
  void ReadOn(Stream& stream);
  void OnThread(const std::function<void()>& work);

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Status opened_;
  std::unique_ptr<StdioSession> session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Stream output_, error_;
  std::optional<StatusOr<int32_t>> end_;
  std::thread thread_;
};

inline constexpr StdioRequest kAll{true, true, true, false};

}  // namespace jobpod::stream_test
