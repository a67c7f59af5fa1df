#include "image/proxy.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cstdlib>
#include <string_view>

#include "base/base64.hpp"
#include "base/letters.hpp"

namespace jobpod {
namespace {

namespace ip = boost::asio::ip;
using Error = boost::system::error_code;

std::string Variable(const char* lower, const char* upper) {
  for (const char* name : {lower, upper})
    if (const char* value = std::getenv(name); value != nullptr && *value != 0) return value;
  return "";
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// "p%40ss" → "p@ss"; what is no escape stays.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                        HexDigit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

bool Contains(std::string_view range, const ip::address& address) {
  Error error;
  if (address.is_v4()) {
    const auto network = ip::make_network_v4(std::string(range), error);
    return !error && ip::make_network_v4(address.to_v4(), network.prefix_length()).network() == network.network();
  }
  const auto network = ip::make_network_v6(std::string(range), error);
  return !error && ip::make_network_v6(address.to_v6(), network.prefix_length()).network() == network.network();
}

// "example.com" means that host and those below it, ".example.com" and "*.example.com" only those below it.
bool MatchesName(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with("*.")) pattern.remove_prefix(1);
  if (pattern.starts_with('.')) return host.ends_with(pattern);
  return host == pattern || (host.ends_with(pattern) && host[host.size() - pattern.size() - 1] == '.');
}

// Takes ":port" off the end of an entry; an IPv6 address without brackets has no port.
std::string_view TakePort(std::string_view& entry) {
  const size_t colon = entry.rfind(':');
  const bool bare_v6 = colon != std::string_view::npos && entry.find(':') != colon && !entry.starts_with('[');
  if (colon == std::string_view::npos || bare_v6 || entry.ends_with(']')) return {};
  const std::string_view port = entry.substr(colon + 1);
  entry = entry.substr(0, colon);
  return port;
}

bool Excludes(std::string_view entry, const std::string& host, const std::string& port) {
  if (entry == "*") return true;
  const std::string_view wanted_port = TakePort(entry);
  if (entry.empty() || (!wanted_port.empty() && wanted_port != port)) return false;
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  Error error;
  const ip::address address = ip::make_address(host, error);
  if (error) return MatchesName(entry, host);
  return entry.find('/') == std::string_view::npos ? entry == host : Contains(entry, address);
}

bool IsExcluded(const std::string& list, const Url& target) {
  const std::string host = AsciiLower(target.host);
  Error error;
  const ip::address address = ip::make_address(host, error);
  if (host == "localhost" || (!error && address.is_loopback())) return true;
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find_first_of(", \t", at), list.size());
    if (Excludes(AsciiLower(std::string_view(list).substr(at, end - at)), host, target.port)) return true;
    at = end + 1;
  }
  return false;
}

// The text may hold a password and is in no error.
Status Bad(const Url& target) {
  return absl::FailedPreconditionError(
      Concat(target.secure() ? "HTTPS_PROXY" : "HTTP_PROXY",
             " of the daemon's environment is not of the form http://[user:password@]host:port"));
}

}  // namespace

ProxySettings ProxiesFromEnvironment() {
  return {Variable("http_proxy", "HTTP_PROXY"), Variable("https_proxy", "HTTPS_PROXY"),
          Variable("no_proxy", "NO_PROXY")};
}

StatusOr<std::optional<Proxy>> ProxyFor(const ProxySettings& settings, const Url& target) {
  std::string text = target.secure() ? settings.https : settings.http;
  if (text.empty() || IsExcluded(settings.no_proxy, target)) return std::optional<Proxy>();
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  Proxy proxy;
  const size_t start = text.find("://") + 3;
  const size_t end = std::min(text.find('/', start), text.size());
  if (const size_t at = text.rfind('@', end); at != std::string::npos && at >= start) {
    proxy.authorization = Concat("Basic ", Base64(Unescape(std::string_view(text).substr(start, at - start))));
    text.erase(start, at + 1 - start);
  }
  auto url = ParseUrl(text);
  if (!url.ok() || url->secure()) return Bad(target);
  proxy.url = *std::move(url);
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace jobpod
