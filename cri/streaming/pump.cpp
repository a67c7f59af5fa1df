#include "cri/streaming/pump.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace jobpod::streaming {

using Error = boost::system::error_code;

void Pump::Start(Done done) {
  done_ = std::move(done);
  ReadNext();
}

void Pump::Stop() {
  ended_ = true;
  done_ = nullptr;
}

void Pump::ReadNext() {
  buffer_.Recycle();
  reading_ = true;
  from_->Read(buffer_.room(), [self = shared_from_this()](const Error& error, size_t size) {
    if (!self->ended_) self->OnRead(error, size);
  });
}

void Pump::OnRead(const Error& error, size_t size) {
  reading_ = false;
  if (error) return End(error);
  bytes_ += size;
  if (refused_) return ReadNext();
  to_->Write(buffer_.Filled(size), [self = shared_from_this()](const Error& failed, size_t) {
    if (!self->ended_) self->OnWritten(failed);
  });
}

void Pump::OnWritten(const Error& error) {
  refused_ = static_cast<bool>(error);
  if (refused_ && when_refused_ == WhenRefused::kStop) return End(error);
  ReadNext();
}

void Pump::End(const Error& why) {
  ended_ = true;
  if (const Done done = std::exchange(done_, nullptr)) done(why);
}

}  // namespace jobpod::streaming
