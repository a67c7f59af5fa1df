#include <unistd.h>

#include <cerrno>
#include <utility>

#include "runtime/shim/output_pump.hpp"

namespace jobpod::shim {
namespace {

// Reads in one turn, so that one busy container does not starve the others…
constexpr int kReadsPerTurn = 8;
// …and at the end: more than any pipe holds.
constexpr int kReadsAtEnd = 128;

}  // namespace

OutputPump::OutputPump(boost::asio::io_context& io, Fd source, std::shared_ptr<LogWriter> log,
                       std::shared_ptr<Audience> audience, LogStream stream, ReadBuffer& buffer)
    : source_(io, source.Release()),
      log_(std::move(log)),
      audience_(std::move(audience)),
      stream_(stream),
      buffer_(buffer) {}

void OutputPump::Start(std::function<void()> on_end) {
  on_end_ = std::move(on_end);
  Wait();
}

void OutputPump::Finish() {
  on_end_ = nullptr;
  for (int i = 0; !ended_ && i < kReadsAtEnd && ReadSome(); ++i) {
  }
  if (!ended_) End();
}

void OutputPump::Resume() {
  if (std::exchange(paused_, false) && !ended_) Wait();
}

void OutputPump::Wait() {
  paused_ = audience_->Waiting(stream_);
  if (paused_) return;
  source_.async_wait(source_.wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (error || self->ended_) return;
    for (int i = 0; !self->ended_ && i < kReadsPerTurn && self->ReadSome(); ++i) {
      if (self->audience_->Waiting(self->stream_)) break;
    }
    if (!self->ended_) self->Wait();
  });
}

// False when there is nothing to read now.
bool OutputPump::ReadSome() {
  ssize_t count = read(source_.native_handle(), buffer_.data(), buffer_.size());
  if (count > 0) {
    const std::string_view bytes(buffer_.data(), static_cast<size_t>(count));
    log_->Append(stream_, bytes);
    audience_->Tell(stream_, bytes);
    return true;
  }
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && errno == EAGAIN) return false;
  End();  // end of file; EIO when the last process has left a terminal
  return false;
}

void OutputPump::End() {
  ended_ = true;
  log_->Finish(stream_);
  source_.close();
  if (auto on_end = std::exchange(on_end_, nullptr)) on_end();
}

}  // namespace jobpod::shim
