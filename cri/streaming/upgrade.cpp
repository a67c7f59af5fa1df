#include "cri/streaming/upgrade.hpp"

#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <span>
#include <vector>

#include "base/id.hpp"
#include "base/text.hpp"

namespace jobpod::streaming {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using List = std::span<const std::string_view>;

constexpr std::string_view kSpdyName = "SPDY/3.1";
constexpr std::string_view kSpdyProtocols = "X-Stream-Protocol-Version";
constexpr std::string_view kSpdyCommand[] = {"v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io",
                                             "channel.k8s.io"};
constexpr std::string_view kSpdyPorts[] = {"portforward.k8s.io"};
constexpr std::string_view kSocketCommand[] = {"v5.channel.k8s.io", "v4.channel.k8s.io",
                                               "v4.base64.channel.k8s.io", "channel.k8s.io",
                                               "base64.channel.k8s.io"};
constexpr std::string_view kSocketPorts[] = {"SPDY/3.1+portforward.k8s.io"};

// The parts between commas, without blanks around them, that are not empty.
void Split(std::string_view list, std::vector<std::string>& out) {
  while (!list.empty()) {
    std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    const size_t begin = part.find_first_not_of(" \t"), end = part.find_last_not_of(" \t");
    if (begin != std::string_view::npos) out.emplace_back(part.substr(begin, end - begin + 1));
  }
}

// All values of a header, which may come in several lines, in order.
std::vector<std::string> Values(const HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  const auto [begin, end] = request.equal_range(name);
  for (auto field = begin; field != end; ++field) Split(field->value(), values);
  return values;
}

std::optional<std::string> Choose(const std::vector<std::string>& offered, List known) {
  for (const std::string& protocol : offered) {
    if (std::find(known.begin(), known.end(), protocol) != known.end()) return protocol;
  }
  return std::nullopt;
}

HttpResponse NoneKnown(const std::vector<std::string>& offered, List known) {
  std::string list;
  for (const std::string& protocol : offered) list += Concat(list.empty() ? "" : ", ", protocol);
  HttpResponse response =
      Refusal(http::status::forbidden, Concat("none of the subprotocols asked for is spoken here: ", list));
  for (const std::string_view protocol : known)
    response.insert("X-Accepted-Stream-Protocol-Versions", protocol);
  return response;
}

std::variant<Upgrade, HttpResponse> NegotiateSpdy(const HttpRequest& request, List known) {
  const auto offered = Values(request, kSpdyProtocols);
  if (offered.empty())
    return Refusal(http::status::bad_request, Concat("the request has no ", kSpdyProtocols, " header"));
  if (auto chosen = Choose(offered, known)) return Upgrade{Transport::kSpdy, *std::move(chosen)};
  return NoneKnown(offered, known);
}

// A client without a subprotocol speaks the oldest one, for commands.
std::variant<Upgrade, HttpResponse> NegotiateSocket(const HttpRequest& request, List known,
                                                    bool may_be_empty) {
  const auto offered = Values(request, "Sec-WebSocket-Protocol");
  if (offered.empty() && may_be_empty) return Upgrade{Transport::kWebSocket, ""};
  if (auto chosen = Choose(offered, known)) return Upgrade{Transport::kWebSocket, *std::move(chosen)};
  return NoneKnown(offered, known);
}

}  // namespace

std::optional<Target> ParseTarget(std::string_view path) {
  for (const Kind kind : {Kind::kExec, Kind::kAttach, Kind::kPortForward}) {
    const std::string start = Concat("/", PathOf(kind), "/");
    if (!path.starts_with(start)) continue;
    std::string_view token = path.substr(start.size());
    token = token.substr(0, token.find('?'));
    if (IsIdOrPrefix(token)) return Target{kind, std::string(token)};
  }
  return std::nullopt;
}

std::variant<Upgrade, HttpResponse> Negotiate(const HttpRequest& request, Kind kind) {
  const bool ports = kind == Kind::kPortForward;
  if (beast::websocket::is_upgrade(request))
    return NegotiateSocket(request, ports ? List(kSocketPorts) : List(kSocketCommand), !ports);
  const bool upgrades = http::token_list(request[http::field::connection]).exists("upgrade");
  if (upgrades && beast::iequals(request[http::field::upgrade], kSpdyName))
    return NegotiateSpdy(request, ports ? List(kSpdyPorts) : List(kSpdyCommand));
  return Refusal(
      http::status::bad_request,
      "the request does not upgrade; send Connection: Upgrade with Upgrade: SPDY/3.1 or websocket");
}

HttpResponse AcceptSpdy(const std::string& subprotocol) {
  HttpResponse response(http::status::switching_protocols, 11);
  response.set(http::field::connection, "Upgrade");
  response.set(http::field::upgrade, kSpdyName);
  response.set(kSpdyProtocols, subprotocol);
  return response;
}

HttpResponse Refusal(http::status status, std::string_view why) {
  HttpResponse response(status, 11);
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set(http::field::connection, "close");
  response.body() = Concat(why, "\n");
  response.prepare_payload();
  return response;
}

}  // namespace jobpod::streaming
