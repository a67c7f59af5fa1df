#include "cri/streaming/websocket_channel.hpp"

#include <boost/asio/error.hpp>

#include "cri/streaming/websocket_session.hpp"

namespace jobpod::streaming {

namespace net = boost::asio;

void WebSocketChannel::Read(net::mutable_buffer buffer, Handler handler) {
  inbox_.Read(buffer, std::move(handler));
  if (const auto session = session_.lock()) session->GoOn();
}

void WebSocketChannel::Write(net::const_buffer buffer, Handler handler) {
  const auto session = session_.lock();
  if (!session || closed_)
    return PostHandler(executor_, std::move(handler),
                       session ? net::error::broken_pipe : net::error::operation_aborted, 0);
  session->Send(number_, buffer, std::move(handler));
}

void WebSocketChannel::Abort() {
  closed_ = true;
  inbox_.Drop();
  inbox_.End(net::error::operation_aborted);
  if (const auto session = session_.lock()) session->GoOn();
}

}  // namespace jobpod::streaming
