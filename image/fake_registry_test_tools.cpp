#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <list>
#include <stop_token>
#include <thread>

#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod::test {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using Socket = net::ip::tcp::socket;
using Request = http::request<http::string_body>;

std::string Head(const FakeAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Said\r\n";
  bool framed = answer.status == 204 || answer.status == 304;
  for (const auto& [name, value] : answer.headers) {
    head += name + ": " + value + "\r\n";
    framed = framed || name == "Content-Length" || name == "Transfer-Encoding";
  }
  if (!framed) head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  return head + "\r\n";
}

FakeRequest Plain(const Request& in) {
  FakeRequest out;
  out.method = std::string(in.method_string());
  const std::string target(in.target());
  const size_t query = target.find('?');
  out.path = target.substr(0, query);
  out.query = query == std::string::npos ? "" : target.substr(query + 1);
  out.authorization = std::string(in[http::field::authorization]);
  out.proxy_authorization = std::string(in[http::field::proxy_authorization]);
  out.range = std::string(in[http::field::range]);
  out.body = in.body();
  for (const auto& field : in)
    out.headers.emplace(std::string(field.name_string()), std::string(field.value()));
  return out;
}

// Copies bytes both ways until one side ends.
void Relay(Socket& one, Socket& other) {
  const auto pump = [](Socket& from, Socket& to) {
    boost::system::error_code error;
    std::vector<char> buffer(65536);
    while (!error) {
      const size_t got = from.read_some(net::buffer(buffer), error);
      if (!error) net::write(to, net::buffer(buffer, got), error);
    }
    to.shutdown(Socket::shutdown_both, error);
    from.shutdown(Socket::shutdown_both, error);
  };
  std::thread back([&] { pump(other, one); });
  pump(one, other);
  back.join();
}

}  // namespace

// One thread for each connection; sockets are shut down from outside to end them.
struct FakeRegistry::Server {
  struct Connection {
    explicit Connection(Socket from) : socket(std::move(from)) {}
    Socket socket;
    std::jthread thread;
  };

  Server(Handler answer, const std::string& certificate, const std::string& clients) : handler(std::move(answer)) {
    if (!certificate.empty()) {
      tls.emplace(net::ssl::context::tls_server);
      tls->use_certificate_chain_file(certificate);
      tls->use_private_key_file(certificate, net::ssl::context::pem);
    }
    if (!clients.empty()) {
      tls->load_verify_file(clients);
      tls->set_verify_mode(net::ssl::verify_peer | net::ssl::verify_fail_if_no_peer_cert);
    }
    accepting = std::jthread([this] { Accept(); });
  }

  ~Server() {
    ending.request_stop();
    boost::system::error_code ignored;
    Socket(io).connect(acceptor.local_endpoint(), ignored);  // wakes who accepts
    accepting.join();
    for (Connection& connection : connections) connection.socket.shutdown(Socket::shutdown_both, ignored);
    connections.clear();
  }

  void Accept() {
    while (!ending.stop_requested()) {
      boost::system::error_code error;
      Socket socket(io);
      acceptor.accept(socket, error);
      if (error || ending.stop_requested()) continue;
      Connection& connection = connections.emplace_back(std::move(socket));
      connection.thread = std::jthread([this, &connection] { Talk(connection.socket); });
    }
  }

  void Talk(Socket& socket) {
    try {
      if (tls) {
        net::ssl::stream<Socket&> stream(socket, *tls);
        stream.handshake(net::ssl::stream_base::server);
        while (Exchange(stream, socket)) {
        }
      } else {
        while (Exchange(socket, socket)) {
        }
      }
    } catch (const boost::system::system_error&) {
      // The client went away; tests look at what the client says.
    }
    boost::system::error_code ignored;
    socket.shutdown(Socket::shutdown_both, ignored);
  }

  // False when the connection is over.
  template <typename Stream>
  bool Exchange(Stream& stream, Socket& socket) {
    boost::beast::flat_buffer buffer;
    Request in;
    http::read(stream, buffer, in);
    const FakeRequest request = Plain(in);
    {
      const std::lock_guard lock(mutex);
      requests.push_back(request);
    }
    FakeAnswer answer = handler(request);
    if (answer.tunnel_port != 0) return Tunnel(answer, socket);
    if (!answer.raw.empty()) {
      net::write(stream, net::buffer(answer.raw));
      return false;
    }
    const bool head_only = in.method() == http::verb::head;
    net::write(stream, net::buffer(Head(answer)));
    if (head_only) return true;
    const std::string_view body = std::string_view(answer.body).substr(0, answer.cut > 0 ? answer.cut : std::string::npos);
    if (answer.drip > std::chrono::milliseconds(0)) {
      for (size_t i = 0; i < body.size() && Pause(answer.drip); ++i) net::write(stream, net::buffer(&body[i], 1));
    } else {
      net::write(stream, net::buffer(body.data(), body.size()));
    }
    if (answer.stall) Pause(std::chrono::hours(1));
    if (answer.reset) socket.set_option(net::socket_base::linger(true, 0));
    if (answer.reset) socket.close();
    return answer.cut == 0 && in.keep_alive() && !answer.reset;
  }

  bool Tunnel(const FakeAnswer& answer, Socket& socket) {
    Socket target(io);
    target.connect({net::ip::address_v4::loopback(), answer.tunnel_port});
    net::write(socket, net::buffer(std::string("HTTP/1.1 200 Connected\r\n\r\n")));
    Relay(socket, target);
    return false;
  }

  // False when the server ends.
  bool Pause(std::chrono::milliseconds time) {
    std::mutex waiting;
    std::unique_lock lock(waiting);
    std::condition_variable_any wake;
    wake.wait_for(lock, ending.get_token(), time, [] { return false; });
    return !ending.stop_requested();
  }

  const Handler handler;
  std::stop_source ending;
  net::io_context io;
  net::ip::tcp::acceptor acceptor{io, {net::ip::address_v4::loopback(), 0}};
  std::optional<net::ssl::context> tls;
  mutable std::mutex mutex;
  std::vector<FakeRequest> requests;
  std::list<Connection> connections;  // of the accepting thread
  std::jthread accepting;
};

FakeRegistry::FakeRegistry(Handler handler, const std::string& certificate, const std::string& clients)
    : server_(std::make_unique<Server>(std::move(handler), certificate, clients)) {}

FakeRegistry::~FakeRegistry() = default;

uint16_t FakeRegistry::port() const {
  return server_->acceptor.local_endpoint().port();
}

std::string FakeRegistry::address() const {
  return "127.0.0.1:" + std::to_string(port());
}

std::vector<FakeRequest> FakeRegistry::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->requests;
}

size_t FakeRegistry::Count(const std::string& path_part) const {
  size_t count = 0;
  for (const FakeRequest& request : requests())
    if (request.path.find(path_part) != std::string::npos) ++count;
  return count;
}

FakeAnswer FakeRegistry::Serve(const FakeRequest& request, const BuiltImage& image) {
  if (request.path.find("/manifests/") != std::string::npos)
    return {
        200, {{"Content-Type", kManifestType}, {"Docker-Content-Digest", image.digest()}}, image.manifest};
  if (request.path.ends_with(image.id())) return {200, {}, image.config};
  for (const std::string& layer : image.layers)
    if (request.path.ends_with(DigestOf(layer))) return {200, {}, layer};
  return {404, {}, R"({"errors":[{"code":"BLOB_UNKNOWN","message":"no such thing"}]})"};
}

std::string MakeCertificate(const TemporaryDirectory& files) {
  REQUIRE(Shell("cd " + files.path() +
                " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext "
                "subjectAltName=IP:127.0.0.1 -keyout key.pem -out ca.pem 2>/dev/null && cat ca.pem key.pem > "
                "both.pem") == 0);
  return files / "both.pem";
}

}  // namespace jobpod::test
