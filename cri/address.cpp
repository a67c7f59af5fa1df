#include "cri/address.hpp"

#include <algorithm>
#include <charconv>

namespace jobpod {
namespace {

bool IsLoopbackV4(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  size_t digits = 0;
  for (char c : host) {
    if (c == '.') {
      if (digits == 0) return false;
      digits = 0;
      ++dots;
    } else if (c >= '0' && c <= '9') {
      if (++digits > 3) return false;
    } else {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

StatusOr<uint16_t> ParsePort(std::string_view text, std::string_view whole) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return absl::InvalidArgumentError(Concat("is \"", whole, "\"; its port is not a number from 0 to 65535"));
  }
  return port;
}

}  // namespace

StatusOr<HostPort> ParseLoopback(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(
        Concat("is \"", text, "\"; use HOST:PORT, for instance 127.0.0.1:9450"));
  }
  HostPort result;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!IsLoopbackV4(host) && host != "::1" && host != "localhost") {
    return absl::InvalidArgumentError(
        Concat("is \"", text, "\"; only loopback addresses are served (127.0.0.1, ::1, localhost)"));
  }
  ASSIGN_OR_RETURN(result.port, ParsePort(text.substr(colon + 1), text));
  result.host = std::string(host);
  return result;
}

}  // namespace jobpod
