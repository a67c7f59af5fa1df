// Upgrade requests: what is chosen was offered; what is refused has a reason and stays one response.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>
#include <string>

#include "cri/streaming/upgrade.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
using namespace jobpod::streaming;
namespace http = boost::beast::http;

std::string Written(const HttpResponse& response) {
  std::ostringstream out;
  out << response;
  return out.str();
}

// One head, and a body as long as it says.
void CheckResponse(const HttpResponse& response) {
  const std::string text = Written(response);
  http::response_parser<http::string_body> parser;
  boost::system::error_code error;
  parser.eager(true);
  const size_t taken = parser.put(boost::asio::buffer(text), error);
  fuzz::Require(!error && taken == text.size() && parser.is_done(), "one response");
}

void CheckNegotiation(const HttpRequest& request, Kind kind, std::string_view text) {
  const auto result = Negotiate(request, kind);
  if (const auto* refusal = std::get_if<HttpResponse>(&result)) {
    fuzz::Require(refusal->result_int() == 400 || refusal->result_int() == 403, "a code");
    fuzz::Require(!refusal->body().empty(), "a reason");
    return CheckResponse(*refusal);
  }
  const Upgrade& upgrade = std::get<Upgrade>(result);
  fuzz::Require(text.find(upgrade.subprotocol) != std::string_view::npos, "it was offered");
  if (upgrade.transport == Transport::kSpdy) Written(AcceptSpdy(upgrade.subprotocol));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::request_parser<http::empty_body> parser;
  parser.header_limit(16u << 10);
  parser.body_limit(uint64_t{0});
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text), error);
  if (error || !parser.is_done()) return 0;
  const auto target = ParseTarget(parser.get().target());
  if (target)
    fuzz::Require(target->token.find_first_not_of("0123456789abcdef") == std::string::npos, "a token");
  for (const Kind kind : {Kind::kExec, Kind::kPortForward}) CheckNegotiation(parser.get(), kind, text);
  return 0;
}
