#include <array>
#include <boost/asio/windows/stream_handle.hpp>
#include <utility>

#include "base/pipe_windows.hpp"
#include "runtime/shim/output_pump.hpp"

namespace jobpod::shim {
namespace {

constexpr int kReadsAtEnd = 128;  // more than any pipe holds

}  // namespace

class OutputPump::Source {
 public:
  Source(boost::asio::io_context& io, OwnedHandle end) : pipe(io, HandleOf(end)) { end.Release(); }

  // What lies in the pipe now; empty when there is nothing.
  std::string_view ReadWaiting() {
    boost::system::error_code error;
    if (BytesIn(pipe.native_handle()).value_or(0) == 0) return {};
    const size_t count = pipe.read_some(boost::asio::buffer(buffer), error);
    return {buffer.data(), error ? 0 : count};
  }

  boost::asio::windows::stream_handle pipe;
  std::array<char, 16384> buffer;
  bool reading = false;    // the system may write into `buffer`
  bool finishing = false;  // nothing more is waited for
};

OutputPump::OutputPump(boost::asio::io_context& io, OwnedHandle source, std::shared_ptr<LogWriter> log,
                       std::shared_ptr<Audience> audience, LogStream stream, ReadBuffer& buffer)
    : source_(std::make_unique<Source>(io, std::move(source))),
      log_(std::move(log)),
      audience_(std::move(audience)),
      stream_(stream),
      buffer_(buffer) {}

OutputPump::~OutputPump() = default;

// A read under way may have read something: its end is waited for, which comes at once.
void OutputPump::Finish() {
  auto self = shared_from_this();
  source_->finishing = true;
  boost::system::error_code ignored;
  if (source_->reading) return void(source_->pipe.cancel(ignored));
  for (int i = 0; !ended_ && i < kReadsAtEnd; ++i) {
    const std::string_view bytes = source_->ReadWaiting();
    if (bytes.empty()) break;
    Take(bytes);
  }
  if (!ended_) End();
}

void OutputPump::Read() {
  paused_ = audience_->Waiting(stream_);
  if (paused_) return;
  source_->reading = true;
  source_->pipe.async_read_some(boost::asio::buffer(source_->buffer),
                                [self = shared_from_this()](boost::system::error_code error, size_t count) {
                                  Source& source = *self->source_;
                                  source.reading = false;
                                  if (count > 0) self->Take({source.buffer.data(), count});
                                  if (source.finishing) return self->Finish();
                                  if (error) return self->End();
                                  self->Read();
                                });
}

void OutputPump::End() {
  ended_ = true;
  log_->Finish(stream_);
  boost::system::error_code ignored;
  source_->pipe.close(ignored);
  if (auto on_end = std::exchange(on_end_, nullptr)) on_end();
}

}  // namespace jobpod::shim
