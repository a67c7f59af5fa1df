// A real PodManager with real shims and processes for tests of streams, over a directory with busybox in it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "runtime/pod_manager.hpp"
#include "test/fakes/fake_images.hpp"

namespace jobpod::stream_test {

// Looks every few milliseconds; false when `what` has not come true in time.
bool Eventually(const std::function<bool()>& what, std::chrono::seconds bound = std::chrono::seconds(20));

// One image, whose containers each get a directory of their own with busybox.
class BusyboxImages final : public FakeImages {
 public:
  explicit BusyboxImages(std::string directory);
  StatusOr<Rootfs> Prepare(const std::string& container_id, const std::string& image_id) override;
  Status Release(const std::string& container_id) override;

 private:
  std::string directory_;
};

class Host {
 public:
  explicit Host(const std::string& layout = "hostprocess");
  ~Host();

  PodManager& pods() { return *pods_; }
  // Lets go of the manager and opens another one on the same directories, as a restart of the daemon does.
  void Restart();
  // A running container whose init is `sh -c script`.
  std::string Start(const std::string& script, const std::function<void(ContainerSpec&)>& edit = {});
  std::string Log(const std::string& id);
  // Of the whole pod, shim not included.
  size_t Processes();
  int32_t shim_pid();
  const std::string& pod_id() const { return pod_id_; }

 private:
  std::string directory_;
  PodManagerConfig config_;
  std::unique_ptr<BusyboxImages> images_;
  std::unique_ptr<PodManager> pods_;
  std::string pod_id_;
  int next_ = 0;
};

// A client of one session, with a thread of its own.
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

// Execs of `sh -c script`.
Client::Open Exec(Host& host, const std::string& id, const std::string& script, StdioRequest request);
Client::Open Attach(Host& host, const std::string& id, StdioRequest request);

inline constexpr StdioRequest kAll{true, true, true, false};

}  // namespace jobpod::stream_test
