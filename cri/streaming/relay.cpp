#include "cri/streaming/relay.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace jobpod::streaming {

using Error = boost::system::error_code;

Relay::Relay(DuplexPointer one, DuplexPointer other)
    : one_(std::move(one)),
      other_(std::move(other)),
      there_(std::make_shared<Pump>(*one_, *other_, Pump::WhenRefused::kStop)),
      back_(std::make_shared<Pump>(*other_, *one_, Pump::WhenRefused::kStop)) {}

// The pumps' handlers keep this object, and with it both sides.
void Relay::Start(Done done) {
  done_ = std::move(done);
  there_->Start([self = shared_from_this()](const Error& why) { self->Ended(*self->back_, *self->other_, why); });
  back_->Start([self = shared_from_this()](const Error& why) { self->Ended(*self->there_, *self->one_, why); });
}

void Relay::Ended(Pump& other_way, Duplex& sink, const Error& why) {
  if (why != boost::asio::error::eof || other_way.ended()) return End();
  sink.Close();
}

void Relay::End() {
  const Done done = std::exchange(done_, nullptr);
  Abort();
  if (done) done();
}

void Relay::Abort() {
  done_ = nullptr;
  there_->Stop();
  back_->Stop();
  one_->Abort();
  other_->Abort();
}

}  // namespace jobpod::streaming
