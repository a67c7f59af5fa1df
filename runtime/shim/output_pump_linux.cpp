#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
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

class OutputPump::Source : public boost::asio::posix::stream_descriptor {
 public:
  using basic_stream_descriptor::basic_stream_descriptor;

  // How many bytes were read, -1 when there is nothing to read now, 0 at the end of file.
  ssize_t Read(ReadBuffer& buffer) {
    for (;;) {
      ssize_t count = read(native_handle(), buffer.data(), buffer.size());
      if (count >= 0) return count;
      if (errno == EAGAIN) return -1;
      if (errno != EINTR) return 0;  // EIO when the last process has left a terminal
    }
  }
};

OutputPump::OutputPump(boost::asio::io_context& io, OwnedHandle source, std::shared_ptr<LogWriter> log,
                       std::shared_ptr<Audience> audience, LogStream stream, ReadBuffer& buffer)
    : source_(std::make_unique<Source>(io, static_cast<int>(source.Release()))),
      log_(std::move(log)),
      audience_(std::move(audience)),
      stream_(stream),
      buffer_(buffer) {}

OutputPump::~OutputPump() = default;

void OutputPump::Finish() {
  auto self = shared_from_this();
  for (int i = 0; !ended_ && i < kReadsAtEnd; ++i) {
    const ssize_t count = source_->Read(buffer_);
    if (count <= 0) break;
    Take({buffer_.data(), static_cast<size_t>(count)});
  }
  if (!ended_) End();
}

void OutputPump::Read() {
  paused_ = audience_->Waiting(stream_);
  if (paused_) return;
  source_->async_wait(Source::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (error || self->ended_) return;
    for (int i = 0; i < kReadsPerTurn && !self->audience_->Waiting(self->stream_); ++i) {
      const ssize_t count = self->source_->Read(self->buffer_);
      if (count < 0) break;
      if (count == 0) return self->End();
      self->Take({self->buffer_.data(), static_cast<size_t>(count)});
    }
    self->Read();
  });
}

void OutputPump::End() {
  ended_ = true;
  log_->Finish(stream_);
  source_->close();
  if (auto on_end = std::exchange(on_end_, nullptr)) on_end();
}

}  // namespace jobpod::shim
