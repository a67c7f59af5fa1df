#include "cri/streaming/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <map>
#include <set>
#include <thread>

#include "base/listening_port.hpp"
#include "base/log.hpp"
#include "cri/streaming/visitor.hpp"

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

// After an error of accept (no descriptors left) it is tried again.
constexpr std::chrono::milliseconds kPause{200};

class ServerImpl final : public Server {
 public:
  ServerImpl(const ServerConfig& config, Workers& workers)
      : config_(config),
        tickets_(config.max_tickets, config.token_lifetime),
        settings_{
            .executor = io_.get_executor(),
            .workers = workers,
            .limits = {.idle_timeout = config.idle_timeout, .linger = config.linger, .pulse = config.pulse},
            .stream_timeout = config.stream_timeout} {}
  ~ServerImpl() override { Stop(); }

  Status Listen();
  StatusOr<std::string> Offer(Ticket ticket) override;
  void Stop() override;
  uint16_t port() const override { return port_; }

 private:
  void Accept();
  void OnAccepted(const Error& error, Tcp::socket socket);
  void Visit(Tcp::socket socket);
  void Converse(const std::shared_ptr<Conversation>& conversation);
  void Leave();
  void CloseAll();
  void GoOnAccepting();

  const ServerConfig config_;
  Tickets tickets_;
  net::io_context io_{1};
  const ConversationSettings settings_;
  Tcp::acceptor acceptor_{io_};
  net::steady_timer pause_{io_};
  net::steady_timer farewell_{io_};
  std::map<uint64_t, std::shared_ptr<Visitor>> visitors_;  // in the order of their coming
  uint64_t next_visitor_ = 0;
  std::set<std::shared_ptr<Conversation>> conversations_;
  bool accepting_ = false;
  uint16_t port_ = 0;
  std::thread thread_;
};

Status ServerImpl::Listen() {
  Error error;
  const auto host =
      net::ip::make_address(config_.address.host == "localhost" ? "127.0.0.1" : config_.address.host, error);
  const Tcp::endpoint endpoint(host, config_.address.port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) TakePortAlone(static_cast<uintptr_t>(acceptor_.native_handle()));
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(net::socket_base::max_listen_connections, error);
  if (error)
    return absl::UnavailableError(Concat("cannot serve streams at ", config_.address.host, ":",
                                         config_.address.port, ": ", error.message(),
                                         "; set [streaming] address to another port"));
  port_ = acceptor_.local_endpoint().port();
  GoOnAccepting();
  thread_ = std::thread([this] { io_.run(); });
  return absl::OkStatus();
}

StatusOr<std::string> ServerImpl::Offer(Ticket ticket) {
  const std::string_view path = PathOf(ticket.kind);
  ASSIGN_OR_RETURN(const std::string token, tickets_.Issue(std::move(ticket)));
  const bool six = config_.address.host.find(':') != std::string::npos;
  const std::string host = six ? Concat("[", config_.address.host, "]") : config_.address.host;
  return Concat("http://", host, ":", port_, "/", path, "/", token);
}

void ServerImpl::GoOnAccepting() {
  const bool full = visitors_.size() + conversations_.size() >= config_.max_connections;
  if (accepting_ || full || !acceptor_.is_open()) return;
  accepting_ = true;
  acceptor_.async_accept([this](const Error& error, Tcp::socket socket) {
    accepting_ = false;
    OnAccepted(error, std::move(socket));
  });
}

void ServerImpl::OnAccepted(const Error& error, Tcp::socket socket) {
  if (error == net::error::operation_aborted) return;
  if (!error) {
    Visit(std::move(socket));
    return GoOnAccepting();
  }
  log::warn("streaming: cannot accept a connection: {}", error.message());
  pause_.expires_after(kPause);
  pause_.async_wait([this](const Error& cancelled) {
    if (!cancelled) GoOnAccepting();
  });
}

void ServerImpl::Visit(Tcp::socket socket) {
  const auto visitor =
      std::make_shared<Visitor>(std::move(socket), tickets_, settings_, config_.request_timeout);
  if (visitors_.size() >= config_.max_visitors) visitors_.extract(visitors_.begin()).mapped()->Abort();
  const uint64_t number = next_visitor_++;
  visitors_.emplace(number, visitor);
  visitor->Start([this, number](const std::shared_ptr<Conversation>& conversation) {
    if (conversation) Converse(conversation);
    visitors_.erase(number);
    GoOnAccepting();
  });
}

void ServerImpl::Converse(const std::shared_ptr<Conversation>& conversation) {
  conversations_.insert(conversation);
  conversation->Start([this, weak = std::weak_ptr(conversation)] {
    net::post(io_, [this, weak] {
      conversations_.erase(weak.lock());
      if (!acceptor_.is_open() && conversations_.empty()) farewell_.cancel();
      GoOnAccepting();
    });
  });
}

// Behind this nobody comes, and those who are here have a while to go.
void ServerImpl::Leave() {
  Error ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (const auto& [number, visitor] : std::exchange(visitors_, {})) visitor->Abort();
  const auto leaving = conversations_;
  for (const auto& conversation : leaving)
    conversation->Leave(absl::UnavailableError("the daemon is stopping"));
  farewell_.expires_after(leaving.empty() ? std::chrono::milliseconds(0) : config_.farewell);
  farewell_.async_wait([this](const Error&) { CloseAll(); });
}

// What is posted behind the closing has run when the loop ends; the rest is dropped with the loop.
void ServerImpl::CloseAll() {
  for (const auto& conversation : std::exchange(conversations_, {})) conversation->Abort();
  net::post(io_, [this] { io_.stop(); });
}

void ServerImpl::Stop() {
  if (!thread_.joinable()) return;
  net::post(io_, [this] { Leave(); });
  thread_.join();
}

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config, Workers& workers) {
  auto server = std::make_unique<ServerImpl>(config, workers);
  RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace jobpod::streaming
