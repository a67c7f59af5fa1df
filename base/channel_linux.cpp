#include "base/channel_linux.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "base/channel_pair.hpp"
#include "base/pipe_linux.hpp"

namespace jobpod {
namespace {

using boost::system::error_code;

bool IsHangUp(const error_code& error) {
  return error == error_code(EIO, boost::system::system_category());
}

error_code ReadError(const error_code& error) {
  if (error == boost::asio::error::bad_descriptor) return boost::asio::error::operation_aborted;
  return IsHangUp(error) ? boost::asio::error::eof : error;
}

error_code WriteError(const error_code& error) {
  if (error == boost::asio::error::bad_descriptor) return boost::asio::error::operation_aborted;
  return IsHangUp(error) ? boost::asio::error::broken_pipe : error;
}

// Shared with the handlers under way, which run after the channel has been destroyed.
class End : public std::enable_shared_from_this<End> {
 public:
  End(const boost::asio::any_io_executor& executor, Fd end)
      : descriptor_(executor, end.Release()), timer_(executor) {
    error_code ignored;
    descriptor_.non_blocking(true, ignored);
  }

  void Read(boost::asio::mutable_buffer buffer, Channel::Handler handler) {
    if (rest_) {
      return boost::asio::post(descriptor_.get_executor(),
                               [self = shared_from_this(), buffer, handler = std::move(handler)] {
                                 self->ReadRest(buffer, handler);
                               });
    }
    descriptor_.async_read_some(buffer, [self = shared_from_this(), buffer, handler = std::move(handler)](
                                            const error_code& error, size_t bytes) {
      // What came before the close and is only now told counts as ended by it: its owner may be gone.
      if (!self->descriptor_.is_open()) return handler(boost::asio::error::operation_aborted, 0);
      if (error == boost::asio::error::operation_aborted && self->rest_) return self->ReadRest(buffer, handler);
      handler(ReadError(error), bytes);
    });
  }

  void Write(boost::asio::const_buffer buffer, Channel::Handler handler) {
    boost::asio::async_write(descriptor_, buffer,
                             [self = shared_from_this(), handler = std::move(handler)](
                                 const error_code& error, size_t bytes) {
                               if (!self->descriptor_.is_open())
                                 return handler(boost::asio::error::operation_aborted, 0);
                               handler(WriteError(error), bytes);
                             });
  }

  void Close() {
    error_code ignored;
    descriptor_.close(ignored);
    timer_.cancel();
  }

  void EndWithin(std::chrono::milliseconds bound) {
    timer_.expires_after(bound);
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      auto self = weak.lock();
      if (!error && self != nullptr && self->descriptor_.is_open()) self->TakeRest();
    });
  }

 private:
  void TakeRest() {
    int readable = 0;
    ioctl(descriptor_.native_handle(), FIONREAD, &readable);
    rest_ = static_cast<size_t>(std::max(readable, 0));
    error_code ignored;
    descriptor_.cancel(ignored);
  }

  void ReadRest(boost::asio::mutable_buffer buffer, const Channel::Handler& handler) {
    if (!descriptor_.is_open()) return handler(boost::asio::error::operation_aborted, 0);
    if (*rest_ == 0) return handler(boost::asio::error::eof, 0);
    error_code error;
    const size_t bytes = descriptor_.read_some(boost::asio::buffer(buffer, *rest_), error);
    *rest_ -= bytes;
    if (error == boost::asio::error::would_block) error = boost::asio::error::eof;
    handler(ReadError(error), bytes);
  }

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  std::optional<size_t> rest_;  // set: nothing more is waited for, and this much may still be read
};

class DescriptorChannel final : public PipeChannel {
 public:
  DescriptorChannel(const boost::asio::any_io_executor& executor, Fd end)
      : end_(std::make_shared<End>(executor, std::move(end))) {}
  ~DescriptorChannel() override { end_->Close(); }

  void Read(boost::asio::mutable_buffer buffer, Handler handler) override { end_->Read(buffer, std::move(handler)); }
  void Write(boost::asio::const_buffer buffer, Handler handler) override { end_->Write(buffer, std::move(handler)); }
  void Close() override { end_->Close(); }
  void EndWithin(std::chrono::milliseconds bound) override { end_->EndWithin(bound); }

 private:
  const std::shared_ptr<End> end_;
};

}  // namespace

std::unique_ptr<PipeChannel> MakePipeChannel(const boost::asio::any_io_executor& executor, Fd end) {
  return std::make_unique<DescriptorChannel>(executor, std::move(end));
}

StatusOr<ChannelPair> MakeChannelPair(const boost::asio::any_io_executor& executor) {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  return ChannelPair{MakePipeChannel(executor, std::move(pipe.read)),
                     MakePipeChannel(executor, std::move(pipe.write))};
}

}  // namespace jobpod
