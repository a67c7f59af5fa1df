// From a client's HTTP request to what shall be spoken on its connection, or to the refusal. No input or
// output.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>
#include <variant>

#include "cri/streaming/token.hpp"

namespace jobpod::streaming {

using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

// The parts of "/exec/0123…"; none for any other path.
struct Target {
  Kind kind = Kind::kExec;
  std::string token;
};
std::optional<Target> ParseTarget(std::string_view path);

enum class Transport { kSpdy, kWebSocket };

struct Upgrade {
  Transport transport = Transport::kSpdy;
  std::string subprotocol;  // as chosen; empty for a WebSocket client that names none
};

// The first of the client's subprotocols that is spoken here, as apimachinery's httpstream has it. Else a
// response: 400 without an upgrade or without a subprotocol, 403 when none is known.
std::variant<Upgrade, HttpResponse> Negotiate(const HttpRequest& request, Kind kind);

// "101 Switching Protocols" to SPDY.
HttpResponse AcceptSpdy(const std::string& subprotocol);

// A page with one sentence, after which the connection is closed.
HttpResponse Refusal(boost::beast::http::status status, std::string_view why);

}  // namespace jobpod::streaming
