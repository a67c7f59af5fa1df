#include "image/url.hpp"

#include <algorithm>
#include <cctype>

#include "base/letters.hpp"
#include "image/json.hpp"

namespace jobpod {
namespace {

// The query may be a signature, which is nobody's business.
Status Bad(const std::string& text, std::string_view why) {
  return absl::InvalidArgumentError(
      Concat("URL \"", Printable(text.substr(0, text.find('?'))), "\" is not usable: ", why));
}

// A control byte or space in a request line or header would let the other side write lines of its own.
bool HasControl(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

bool SplitAuthority(std::string_view authority, Url& out) {
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const size_t colon = authority.find(':', bracket);
  out.host = authority.substr(0, colon);
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
  out.port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
  if (out.port.empty()) out.port = out.secure() ? "443" : "80";
  return !out.host.empty() && out.port.size() <= 5 &&
         out.port.find_first_not_of("0123456789") == std::string::npos && std::stoul(out.port) <= 65535;
}

}  // namespace

std::string Url::Origin() const {
  return Concat(scheme, "://", host, ":", port);
}

std::string Url::HostText() const {
  return host.find(':') == std::string::npos ? host : Concat("[", host, "]");
}

std::string Url::Authority() const {
  return port == (secure() ? "443" : "80") ? HostText() : Concat(HostText(), ":", port);
}

StatusOr<Url> ParseUrl(const std::string& text) {
  if (text.size() > 16384 || HasControl(text)) return Bad(text, "it is too long or has control characters");
  const size_t colon = text.find("://");
  Url out;
  out.scheme = AsciiLower(text.substr(0, colon));
  if (colon == std::string::npos || (out.scheme != "http" && out.scheme != "https"))
    return Bad(text, "it does not start with http:// or https://");
  const std::string_view rest = std::string_view(text).substr(colon + 3);
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (rest.substr(0, end).find('@') != std::string_view::npos)
    return Bad("(hidden)", "it carries user information");
  if (!SplitAuthority(rest.substr(0, end), out)) return Bad(text, "its host or port is not valid");
  out.target = rest.substr(end, rest.find('#') - end);
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  return out;
}

StatusOr<Url> ResolveUrl(const Url& base, const std::string& location) {
  if (location.starts_with("//")) return ParseUrl(Concat(base.scheme, ":", location));
  const size_t scheme = location.find("://");
  if (scheme != std::string::npos && location.find_first_of("/?#") > scheme) return ParseUrl(location);
  const std::string origin = Concat(base.scheme, "://", base.Authority());
  if (location.starts_with('/')) return ParseUrl(Concat(origin, location));
  const std::string path = base.target.substr(0, base.target.find('?'));
  return ParseUrl(Concat(origin, path.substr(0, path.rfind('/') + 1), location));
}

std::string QueryEscape(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace jobpod
