#include "base/channel_windows.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/windows/object_handle.hpp>
#include <optional>
#include <utility>

#include "base/channel_pair.hpp"
#include "base/pipe_windows.hpp"

namespace jobpod {
namespace {

using boost::system::error_code;

bool IsClosed(DWORD error) {
  return error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED || error == ERROR_NO_DATA;
}

error_code Code(DWORD error, const error_code& closed) {
  if (error == ERROR_OPERATION_ABORTED) return boost::asio::error::operation_aborted;
  if (IsClosed(error)) return closed;
  return error_code(static_cast<int>(error), boost::system::system_category());
}

// One read or one write at a time. The system writes into it until `Finish` or `Abort` has returned. On one thread:
// what a thread began is cancelled with it.
class Transfer {
 public:
  explicit Transfer(const boost::asio::any_io_executor& executor)
      : done_(executor, CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}

  // The error of beginning it, else 0.
  template <typename Start>
  DWORD Begin(const Start& start) {
    overlapped_ = {};
    overlapped_.hEvent = done_.native_handle();
    under_way_ = start(&overlapped_) || GetLastError() == ERROR_IO_PENDING;
    return under_way_ ? 0 : GetLastError();
  }

  template <typename Handler>
  void Wait(Handler handler) {
    done_.async_wait(std::move(handler));
  }

  DWORD Finish(HANDLE pipe, DWORD& bytes) {
    const bool good = GetOverlappedResult(pipe, &overlapped_, &bytes, TRUE) != 0;
    under_way_ = false;
    return good ? 0 : GetLastError();
  }

  // It ends soon, and whoever waits is told.
  void Cancel(HANDLE pipe) {
    if (under_way_) CancelIoEx(pipe, &overlapped_);
  }

  // Nothing of it is left afterwards.
  void Abort(HANDLE pipe) {
    Cancel(pipe);
    DWORD bytes = 0;
    if (under_way_) Finish(pipe, bytes);
  }

 private:
  boost::asio::windows::object_handle done_;
  OVERLAPPED overlapped_{};
  bool under_way_ = false;
};

// Shared with the handlers under way, which run after the channel has been destroyed.
class End : public std::enable_shared_from_this<End> {
 public:
  End(const boost::asio::any_io_executor& executor, Handle pipe)
      : executor_(executor), pipe_(std::move(pipe)), read_(executor), write_(executor), timer_(executor) {}
  ~End() { Close(); }

  void Read(boost::asio::mutable_buffer buffer, Channel::Handler handler) {
    if (rest_) return Later([self = shared_from_this(), buffer, handler] { self->ReadRest(buffer, handler); });
    const DWORD size = Size(buffer.size());
    const DWORD error =
        read_.Begin([&](OVERLAPPED* at) { return ReadFile(pipe_.get(), buffer.data(), size, nullptr, at); });
    if (error != 0) return Later([handler, error] { handler(Code(error, boost::asio::error::eof), 0); });
    read_.Wait([self = shared_from_this(), buffer, handler = std::move(handler)](const error_code&) {
      self->OnRead(buffer, handler);
    });
  }

  void Write(boost::asio::const_buffer buffer, Channel::Handler handler) {
    const DWORD size = Size(buffer.size());
    const DWORD error =
        write_.Begin([&](OVERLAPPED* at) { return WriteFile(pipe_.get(), buffer.data(), size, nullptr, at); });
    if (error != 0) return Later([handler, error] { handler(Code(error, boost::asio::error::broken_pipe), 0); });
    write_.Wait([self = shared_from_this(), handler = std::move(handler)](const error_code&) {
      self->OnWritten(handler);
    });
  }

  void Close() {
    read_.Abort(pipe_.get());
    write_.Abort(pipe_.get());
    timer_.cancel();
    pipe_.Reset();
  }

  void EndWithin(std::chrono::milliseconds bound) {
    timer_.expires_after(bound);
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      auto self = weak.lock();
      if (!error && self != nullptr && self->pipe_) self->TakeRest();
    });
  }

 private:
  static DWORD Size(size_t size) { return static_cast<DWORD>(std::min<size_t>(size, 1u << 30)); }

  template <typename Work>
  void Later(Work work) {
    boost::asio::post(executor_, std::move(work));
  }

  void OnRead(boost::asio::mutable_buffer buffer, const Channel::Handler& handler) {
    // What came before the close and is only now told counts as ended by it: its owner may be gone.
    if (!pipe_) return handler(boost::asio::error::operation_aborted, 0);
    DWORD bytes = 0;
    const DWORD error = read_.Finish(pipe_.get(), bytes);
    if (error == ERROR_OPERATION_ABORTED && rest_) return ReadRest(buffer, handler);
    // Somebody wrote nothing: that ends a read and says nothing.
    if (error == 0 && bytes == 0 && buffer.size() > 0) return Read(buffer, handler);
    handler(error == 0 ? error_code() : Code(error, boost::asio::error::eof), bytes);
  }

  void OnWritten(const Channel::Handler& handler) {
    if (!pipe_) return handler(boost::asio::error::operation_aborted, 0);
    DWORD bytes = 0;
    const DWORD error = write_.Finish(pipe_.get(), bytes);
    handler(error == 0 ? error_code() : Code(error, boost::asio::error::broken_pipe), bytes);
  }

  void TakeRest() {
    DWORD readable = 0;
    PeekNamedPipe(pipe_.get(), nullptr, 0, nullptr, &readable, nullptr);
    rest_ = readable;
    read_.Cancel(pipe_.get());
  }

  void ReadRest(boost::asio::mutable_buffer buffer, const Channel::Handler& handler) {
    if (!pipe_) return handler(boost::asio::error::operation_aborted, 0);
    const DWORD size = std::min(Size(buffer.size()), *rest_);
    if (size == 0) return handler(boost::asio::error::eof, 0);
    DWORD error =
        read_.Begin([&](OVERLAPPED* at) { return ReadFile(pipe_.get(), buffer.data(), size, nullptr, at); });
    DWORD bytes = 0;
    // It is there: nothing is waited for.
    if (error == 0) error = read_.Finish(pipe_.get(), bytes);
    *rest_ -= std::min(bytes, *rest_);
    handler(error == 0 ? error_code() : Code(error, boost::asio::error::eof), bytes);
  }

  const boost::asio::any_io_executor executor_;
  Handle pipe_;
  Transfer read_, write_;
  boost::asio::steady_timer timer_;
  std::optional<DWORD> rest_;  // set: nothing more is waited for, and this much may still be read
};

class HandleChannel final : public PipeChannel {
 public:
  HandleChannel(const boost::asio::any_io_executor& executor, Handle end)
      : end_(std::make_shared<End>(executor, std::move(end))) {}
  ~HandleChannel() override { end_->Close(); }

  void Read(boost::asio::mutable_buffer buffer, Handler handler) override { end_->Read(buffer, std::move(handler)); }
  void Write(boost::asio::const_buffer buffer, Handler handler) override { end_->Write(buffer, std::move(handler)); }
  void Close() override { end_->Close(); }
  void EndWithin(std::chrono::milliseconds bound) override { end_->EndWithin(bound); }

 private:
  const std::shared_ptr<End> end_;
};

}  // namespace

std::unique_ptr<PipeChannel> MakePipeChannel(const boost::asio::any_io_executor& executor, Handle end) {
  return std::make_unique<HandleChannel>(executor, std::move(end));
}

StatusOr<ChannelPair> MakeChannelPair(const boost::asio::any_io_executor& executor) {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe(PipeUse::kOverlapped, PipeUse::kOverlapped));
  return ChannelPair{MakePipeChannel(executor, std::move(pipe.read)), MakePipeChannel(executor, std::move(pipe.write))};
}

}  // namespace jobpod
