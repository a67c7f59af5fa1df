#include "runtime/shim/listener.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/windows/object_handle.hpp>

#include "base/pipe_windows.hpp"
#include "runtime/shim/pipe_instance_windows.hpp"

namespace jobpod::shim {
namespace {

constexpr int kReady = 2;  // instances that wait, so that a daemon does not find the pipe busy
constexpr std::chrono::seconds kRetryPause{1};

// One instance of the pipe until its client has come.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  using Came = std::function<void(OwnedHandle pipe)>;  // empty when the instance is of no use

  Instance(boost::asio::io_context& io, OwnedHandle pipe) : pipe_(std::move(pipe)), connected_(io) {
    operation_.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    connected_.assign(operation_.hEvent);
  }

  // The system writes into `operation_` until it is over.
  ~Instance() {
    DWORD ignored = 0;
    if (pipe_ && CancelIoEx(HandleOf(pipe_), &operation_)) {
      GetOverlappedResult(HandleOf(pipe_), &operation_, &ignored, TRUE);
    }
  }

  void Await(Came came) {
    Connect();
    connected_.async_wait([self = shared_from_this(), came = std::move(came)](boost::system::error_code error) {
      DWORD ignored = 0;
      const bool ok = !error && (self->early_ || GetOverlappedResult(HandleOf(self->pipe_), &self->operation_,
                                                                     &ignored, FALSE));
      OwnedHandle pipe = std::move(self->pipe_);
      came(ok ? std::move(pipe) : OwnedHandle());
    });
  }

 private:
  void Connect() {
    if (ConnectNamedPipe(HandleOf(pipe_), &operation_)) return;
    const DWORD error = GetLastError();
    early_ = error == ERROR_PIPE_CONNECTED;  // a client came before
    if (error != ERROR_IO_PENDING) SetEvent(operation_.hEvent);
  }

  OwnedHandle pipe_;
  OVERLAPPED operation_{};
  boost::asio::windows::object_handle connected_;  // owns the operation's event
  bool early_ = false;
};

}  // namespace

class Listener::Door : public std::enable_shared_from_this<Door> {
 public:
  Door(boost::asio::io_context& io, OwnedHandle first, std::string name)
      : io_(io), first_(std::move(first)), name_(std::move(name)), retry_(io) {}

  void Open(std::function<void(OwnedHandle)> on_connection) {
    on_connection_ = std::move(on_connection);
    Await(std::move(first_));
    Fill();
  }

 private:
  void Await(OwnedHandle pipe) {
    ++waiting_;
    std::make_shared<Instance>(io_, std::move(pipe))->Await([weak = weak_from_this()](OwnedHandle connection) {
      auto self = weak.lock();
      if (self == nullptr) return;
      --self->waiting_;
      self->Fill();
      if (connection) self->on_connection_(std::move(connection));
    });
  }

  void Fill() {
    while (waiting_ < kReady) {
      StatusOr<Handle> pipe = MakePipeInstance(name_, PipeInstance::kFurther);
      if (!pipe.ok()) return FillLater();
      Await(Own(std::move(*pipe)));
    }
  }

  void FillLater() {
    retry_.expires_after(kRetryPause);
    retry_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      auto self = weak.lock();
      if (!error && self != nullptr) self->Fill();
    });
  }

  boost::asio::io_context& io_;
  OwnedHandle first_;
  const std::string name_;
  boost::asio::steady_timer retry_;
  std::function<void(OwnedHandle)> on_connection_;
  int waiting_ = 0;
};

Listener::Listener(boost::asio::io_context& io, OwnedHandle socket, std::string name)
    : door_(std::make_shared<Door>(io, std::move(socket), std::move(name))) {}

Listener::~Listener() = default;

void Listener::Start(std::function<void(OwnedHandle)> on_connection) {
  door_->Open(std::move(on_connection));
}

}  // namespace jobpod::shim
