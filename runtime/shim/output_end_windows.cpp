#include <algorithm>
#include <boost/asio/windows/stream_handle.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "base/pipe_windows.hpp"
#include "runtime/shim/output_end.hpp"

namespace jobpod::shim {
namespace {

// Nobody is there yet: as much as a pipe holds.
constexpr size_t kRoomBefore = kPipeCapacity;
// How far a reader may be behind.
constexpr size_t kRoom = 1 << 20;
constexpr size_t kWholeWrite = 4096;

}  // namespace

// Shared with the write under way.
class OutputEnd::Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  explicit Pipe(boost::asio::io_context& io) : handle_(io) {}

  void Connect(OwnedHandle end) {
    boost::system::error_code error;
    handle_.assign(HandleOf(end), error);
    if (error) return Break();
    end.Release();
    connected_ = true;
    WriteOn();
  }

  bool open() const { return open_; }

  std::optional<size_t> Write(std::string_view bytes) {
    if (broken_) return std::nullopt;
    const size_t held = waiting_.size() + going_.size(), bound = connected_ ? kRoom : kRoomBefore;
    const size_t room = bound - std::min(held, bound);
    if (bytes.size() > room && bytes.size() <= kWholeWrite) return 0;
    const size_t taken = std::min(bytes.size(), room);
    waiting_.append(bytes.substr(0, taken));
    WriteOn();
    return taken;
  }

  void WaitForRoom(std::function<void()> on_room) { on_room_ = std::move(on_room); }

  void CloseAfterWriting(std::function<void()> on_closed) {
    open_ = false;
    on_room_ = nullptr;
    on_closed_ = std::move(on_closed);
    if (!connected_) Break();
    WriteOn();
  }

  void Close() {
    open_ = false;
    on_room_ = on_closed_ = nullptr;
    Break();
  }

 private:
  void WriteOn() {
    if (broken_ || (waiting_.empty() && going_.empty())) return EndIfClosed();
    if (!connected_ || !going_.empty()) return;
    going_.swap(waiting_);
    boost::asio::async_write(handle_, boost::asio::buffer(going_),
                             [self = shared_from_this()](boost::system::error_code error, size_t) {
                               std::string().swap(self->going_);
                               if (error) self->Break();
                               self->WriteOn();
                               if (auto on_room = std::exchange(self->on_room_, nullptr)) on_room();
                             });
  }

  void EndIfClosed() {
    if (open_) return;
    Break();
    if (auto on_closed = std::exchange(on_closed_, nullptr)) on_closed();
  }

  // Nothing goes any more.
  void Break() {
    broken_ = true;
    std::string().swap(waiting_);
    boost::system::error_code ignored;
    handle_.close(ignored);
  }

  boost::asio::windows::stream_handle handle_;
  bool open_ = true, connected_ = false, broken_ = false;
  std::string waiting_, going_;
  std::function<void()> on_room_, on_closed_;
};

OutputEnd::OutputEnd(boost::asio::io_context& io) : pipe_(std::make_shared<Pipe>(io)) {}

OutputEnd::~OutputEnd() = default;

void OutputEnd::Connect(OwnedHandle end) {
  pipe_->Connect(std::move(end));
}

bool OutputEnd::open() const {
  return pipe_->open();
}

std::optional<size_t> OutputEnd::Write(std::string_view bytes) {
  return pipe_->Write(bytes);
}

void OutputEnd::WaitForRoom(std::function<void()> on_room) {
  pipe_->WaitForRoom(std::move(on_room));
}

void OutputEnd::CloseAfterWriting(std::function<void()> on_closed) {
  pipe_->CloseAfterWriting(std::move(on_closed));
}

void OutputEnd::Close() {
  pipe_->Close();
}

}  // namespace jobpod::shim
