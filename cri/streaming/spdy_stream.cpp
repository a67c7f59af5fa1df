#include "cri/streaming/spdy_stream.hpp"

#include <boost/asio/error.hpp>

#include "cri/streaming/spdy_session.hpp"

namespace jobpod::streaming {

namespace net = boost::asio;
using Error = boost::system::error_code;

const std::string& SpdyStream::header(const std::string& name) const {
  static const std::string none;
  const auto found = headers_.find(name);
  return found == headers_.end() ? none : found->second;
}

void SpdyStream::Read(net::mutable_buffer buffer, Handler handler) {
  inbox_.Read(buffer, std::move(handler));
  if (const auto session = session_.lock()) session->GoOn();
}

void SpdyStream::Write(net::const_buffer buffer, Handler handler) {
  const auto session = session_.lock();
  if (!session || closed_)
    return PostHandler(executor_, std::move(handler),
                       session ? net::error::broken_pipe : net::error::operation_aborted, 0);
  session->SendData(id_, buffer, std::move(handler));
}

void SpdyStream::Close() {
  const auto session = session_.lock();
  if (!session || std::exchange(closed_, true)) return;
  session->SendFinished(id_);
  if (done()) session->Forget(id_);
}

void SpdyStream::Abort() {
  const auto session = session_.lock();
  if (!session || done()) return;
  session->SendReset(id_, ResetReason::kCancel);
  session->Forget(id_);
  End(net::error::operation_aborted);
}

void SpdyStream::DropInput() {
  inbox_.Drop();
  if (const auto session = session_.lock()) session->GoOn();
}

void SpdyStream::End(const Error& why) {
  closed_ = true;
  inbox_.Fail(why);
}

}  // namespace jobpod::streaming
