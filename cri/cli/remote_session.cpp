#include "cri/cli/remote_session.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "cri/cli/detach_keys.hpp"
#include "cri/cli/interrupt.hpp"
#include "cri/cli/raw_terminal.hpp"
#include "cri/cli/standard_stream.hpp"
#include "cri/cli/stream_url.hpp"
#include "cri/cli/terminal_signals.hpp"
#include "cri/streaming/status_json.hpp"

namespace jobpod::cli {
namespace {

namespace net = boost::asio;
namespace websocket = boost::beast::websocket;
using Error = boost::system::error_code;

// The first byte of each message (the v5 channel protocol).
enum Channel : char { kInput = 0, kOutput = 1, kErrorOutput = 2, kStatus = 3, kResize = 4 };
constexpr char kCloseChannel = '\xff';
constexpr const char* kProtocol = "v5.channel.k8s.io";
constexpr size_t kLargestMessage = 32u << 20;

Status Lost(const Error& error) {
  return absl::UnavailableError(Concat("the connection to jobpodd's streaming server is lost: ", error.message()));
}

class Session {
 public:
  explicit Session(const SessionRequest& request)
      : request_(request),
        output_(StandardOutput::Open(io_, false)),
        error_output_(StandardOutput::Open(io_, true)) {}

  StatusOr<SessionEnd> Run();
  bool printed() const { return printed_; }

 private:
  Status Connect();
  void WatchSignals();
  void Leave(SessionEnd::How how);
  void Fail(const Status& why);
  void ReadMessage();
  void OnMessage();
  void Print(StandardOutput& output);
  void OnClosed(const Error& error);
  void ReadInput();
  void OnInput(std::string_view bytes);
  void SendSize();
  void Send(std::string message);
  void SendNext();

  const SessionRequest& request_;
  net::io_context io_{1};
  websocket::stream<net::ip::tcp::socket> socket_{io_};
  std::unique_ptr<StandardInput> input_;
  const std::unique_ptr<StandardOutput> output_, error_output_;
  std::unique_ptr<RawTerminal> terminal_;
  std::unique_ptr<TerminalSignals> signals_;
  DetachKeys detach_keys_;
  boost::beast::flat_buffer message_;
  std::deque<std::string> outgoing_;  // one piece of input at most, and a size now and then
  std::string status_json_;
  std::optional<StatusOr<SessionEnd>> end_;
  bool printed_ = false;
};

StatusOr<SessionEnd> Session::Run() {
  if (request_.input && request_.terminal) {
    ASSIGN_OR_RETURN(terminal_, RawTerminal::Enter());
  }
  RETURN_IF_ERROR(Connect());
  const auto interrupted = [this](int count) {
    if (request_.on_interrupt) return request_.on_interrupt(count);
    net::post(io_, [this] { Leave(SessionEnd::How::kSignaled); });
  };
  const OnInterrupt interrupt(interrupted);
  if (terminal_) WatchSignals();
  SendSize();
  if (request_.input) {
    input_ = StandardInput::Open(io_);
    ReadInput();
  }
  ReadMessage();
  io_.run();
  return *end_;
}

Status Session::Connect() {
  ASSIGN_OR_RETURN(const StreamUrl url, ParseStreamUrl(request_.url));
  Error error;
  net::ip::tcp::resolver resolver(io_);
  const auto places = resolver.resolve(url.host, url.port, error);
  if (!error) net::connect(socket_.next_layer(), places, error);
  if (error) return absl::UnavailableError(Concat("cannot reach ", request_.url, ": ", error.message()));
  socket_.next_layer().set_option(net::ip::tcp::no_delay(true), error);
  socket_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(boost::beast::http::field::sec_websocket_protocol, kProtocol);
  }));
  socket_.read_message_max(kLargestMessage);
  socket_.binary(true);
  websocket::response_type answer;
  socket_.handshake(answer, url.host + ":" + url.port, url.path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(Concat("jobpodd's streaming server refused the connection: ", error.message(), " (",
                                       answer.result_int(), ")"));
}

// The user's terminal has changed its size, or this program goes on after it was stopped.
void Session::WatchSignals() {
  const auto changed = [this] {
    terminal_->Renew();
    SendSize();
  };
  signals_ = TerminalSignals::Watch(io_, changed, [this] { Leave(SessionEnd::How::kSignaled); });
}

void Session::Leave(SessionEnd::How how) {
  if (!end_) end_ = SessionEnd{.how = how};
  io_.stop();
}

void Session::Fail(const Status& why) {
  if (!end_) end_ = why;
  io_.stop();
}

void Session::ReadMessage() {
  message_.clear();
  socket_.async_read(message_, [this](const Error& error, size_t) { error ? OnClosed(error) : OnMessage(); });
}

void Session::OnMessage() {
  const auto* bytes = static_cast<const char*>(message_.data().data());
  if (message_.size() == 0) return ReadMessage();
  switch (bytes[0]) {
    case kOutput:
      return Print(*output_);
    case kErrorOutput:
      return Print(*error_output_);
    case kStatus:
      status_json_.append(bytes + 1, message_.size() - 1);
      [[fallthrough]];
    default:
      return ReadMessage();
  }
}

// The next message is read when this one is out: who reads slowly slows the other side down.
void Session::Print(StandardOutput& output) {
  const auto* bytes = static_cast<const char*>(message_.data().data());
  if (message_.size() == 1) return ReadMessage();
  printed_ = true;
  output.Write({bytes + 1, message_.size() - 1}, [this](bool written) {
    if (written) return ReadMessage();
    Fail(absl::CancelledError("nobody reads the output any more"));
  });
}

void Session::OnClosed(const Error& error) {
  if (status_json_.empty()) return Fail(Lost(error));
  const StatusOr<int32_t> code = streaming::ParseEnd(status_json_);
  if (!code.ok()) return Fail(code.status());
  end_ = SessionEnd{.exit_code = *code};
  io_.stop();
}

void Session::ReadInput() {
  input_->Read([this](std::string_view bytes) { OnInput(bytes); });
}

void Session::OnInput(std::string_view bytes) {
  if (bytes.empty()) return Send({kCloseChannel, kInput});
  std::string message(1, kInput);
  message += request_.detach_keys ? detach_keys_.Pass(bytes) : std::string(bytes);
  if (detach_keys_.pressed()) return Leave(SessionEnd::How::kDetached);
  Send(std::move(message));
}

void Session::SendSize() {
  if (!terminal_) return;
  const RawTerminal::Size size = terminal_->size();
  if (size.columns == 0 || size.lines == 0) return;
  Send(fmt::format("{}{{\"Width\":{},\"Height\":{}}}\n", static_cast<char>(kResize), size.columns, size.lines));
}

void Session::Send(std::string message) {
  outgoing_.push_back(std::move(message));
  if (outgoing_.size() == 1) SendNext();
}

// The next piece of input is read when the last is on its way.
void Session::SendNext() {
  socket_.async_write(net::buffer(outgoing_.front()), [this](const Error& error, size_t) {
    if (error) return;  // the reader is told more
    const bool input = outgoing_.front()[0] == kInput;
    outgoing_.pop_front();
    if (!outgoing_.empty()) SendNext();
    if (input) ReadInput();
  });
}

}  // namespace

StatusOr<SessionEnd> RunSession(const SessionRequest& request, bool& printed) {
  Session session(request);
  StatusOr<SessionEnd> end = session.Run();
  printed = session.printed();
  return end;
}

}  // namespace jobpod::cli
