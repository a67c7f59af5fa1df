#include "test/harness/streamed.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace jobpod::test {
namespace {

namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;

std::string UrlOf(CriClient& client, const std::string& container, const std::vector<std::string>& command) {
  cri::ExecRequest request;
  request.set_container_id(container);
  request.mutable_cmd()->Add(command.begin(), command.end());
  request.set_stdout(true);
  request.set_stderr(true);
  return client.Call(&cri::RuntimeService::Stub::Exec, request).url();
}

// http://ADDRESS:PORT/PATH
void Connect(websocket::stream<tcp::socket>& socket, const std::string& url) {
  const size_t host = url.find("//") + 2, path = url.find('/', host), colon = url.rfind(':', path);
  socket.next_layer().connect({boost::asio::ip::make_address(url.substr(host, colon - host)),
                               static_cast<uint16_t>(std::stoul(url.substr(colon + 1, path - colon - 1)))});
  socket.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(boost::beast::http::field::sec_websocket_protocol, "v5.channel.k8s.io");
  }));
  socket.handshake(url.substr(host, path - host), url.substr(path));
}

void Keep(std::string_view message, Streamed& seen) {
  if (message.empty()) return;
  std::string* const places[] = {nullptr, &seen.output, &seen.error_output, &seen.status};
  const auto channel = static_cast<size_t>(message[0]);
  if (channel >= 1 && channel <= 3) places[channel]->append(message.substr(1));
}

}  // namespace

Streamed ExecStreamed(CriClient& client, const std::string& container, const std::vector<std::string>& command) {
  boost::asio::io_context io(1);
  websocket::stream<tcp::socket> socket(io);
  Connect(socket, UrlOf(client, container, command));
  Streamed seen;
  boost::beast::flat_buffer message;
  for (boost::system::error_code error; !error; message.clear()) {
    socket.read(message, error);
    if (!error) Keep({static_cast<const char*>(message.data().data()), message.size()}, seen);
  }
  return seen;
}

}  // namespace jobpod::test
