#include "cri/streaming/forwarded_connection.hpp"

#include <boost/asio/error.hpp>

#include "cri/streaming/port_dial.hpp"

namespace jobpod::streaming {

namespace net = boost::asio;

void ForwardedConnection::Start(const net::any_io_executor& executor, uint16_t port, const Status& admitted) {
  port_ = port;
  if (!admitted.ok()) return Fail(admitted);
  DialLoopback(executor, port, [self = shared_from_this()](StatusOr<DuplexPointer> target) {
    self->OnDialed(std::move(target));
  });
}

// The pumps' handlers keep this object, and with it both sides.
void ForwardedConnection::OnDialed(StatusOr<DuplexPointer> target) {
  if (!target.ok()) return Fail(target.status());
  target_ = *std::move(target);
  to_target_ = std::make_shared<Pump>(*data_, *target_, Pump::WhenRefused::kReadOn);
  to_client_ = std::make_shared<Pump>(*target_, *data_, Pump::WhenRefused::kStop);
  to_target_->Start([self = shared_from_this()](const Error& why) { self->OnClientEnded(why); });
  to_client_->Start([self = shared_from_this()](const Error& why) { self->OnTargetEnded(why); });
}

void ForwardedConnection::OnClientEnded(const Error& why) {
  if (why != net::error::eof || to_client_->ended()) return Close();
  target_->Close();
}

// A target that resets its connection refuses our bytes, too: nothing more can go either way.
void ForwardedConnection::OnTargetEnded(const Error& why) {
  if (why != net::error::eof || to_target_->ended() || to_target_->refused()) return Close();
  data_->Close();
}

void ForwardedConnection::Fail(const Status& why) {
  failure_ = Concat("error forwarding port ", port_, ": ", Message(why));
  data_->DropInput();
  error_->Write(net::buffer(failure_), [self = shared_from_this()](const Error&, size_t) { self->Close(); });
}

void ForwardedConnection::Close() {
  for (const auto& pump : {to_target_, to_client_}) {
    if (pump) pump->Stop();
  }
  if (target_) target_->Abort();
  data_->DropInput();
  data_->Close();
  error_->Close();
}

}  // namespace jobpod::streaming
