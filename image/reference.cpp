#include "image/reference.hpp"

#include <algorithm>

#include "base/id.hpp"
#include "image/digest.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kDefaultHost = "docker.io";

bool IsLower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool IsAlnum(char c) {
  return IsLower(c) || (c >= 'A' && c <= 'Z');
}

// One part of a repository: letters and digits in runs, joined by ".", "_", "__" or dashes.
bool IsComponent(std::string_view text) {
  if (text.empty() || !IsLower(text.front()) || !IsLower(text.back())) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsLower(text[i]) || text[i] == '-') continue;
    const bool double_underscore = text[i] == '_' && text[i - 1] == '_' && IsLower(text[i - 2]);
    if ((text[i] != '.' && text[i] != '_') || !(IsLower(text[i - 1]) || double_underscore)) return false;
  }
  return true;
}

bool IsRepository(std::string_view text) {
  if (text.size() > 255) return false;
  while (true) {
    const size_t slash = text.find('/');
    if (!IsComponent(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool IsTag(std::string_view text) {
  if (text.empty() || text.size() > 128 || text[0] == '.' || text[0] == '-') return false;
  return std::ranges::all_of(text, [](char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view HostWithoutPort(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool IsHost(std::string_view host) {
  const std::string_view name = HostWithoutPort(host);
  const std::string_view rest = host.substr(name.size());
  if (!rest.empty() && (rest[0] != ':' || !IsPort(rest.substr(1)))) return false;
  if (name.starts_with('['))
    return name.size() > 2 && name.ends_with(']') &&
           std::ranges::all_of(name.substr(1, name.size() - 2), [](char c) {
             return IsIdOrPrefix({&c, 1}) || (c >= 'A' && c <= 'F') || c == ':';
           });
  return !name.empty() && IsAlnum(name.front()) && IsAlnum(name.back()) &&
         std::ranges::all_of(name, [](char c) { return IsAlnum(c) || c == '.' || c == '-'; });
}

// The first part is a host only if it cannot be a repository part: Docker's rule.
bool LooksLikeHost(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos ||
         std::ranges::any_of(first, [](char c) { return c >= 'A' && c <= 'Z'; });
}

void SplitHost(std::string_view rest, Reference& out) {
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos && LooksLikeHost(rest.substr(0, slash))) {
    out.host = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
  } else {
    out.host = kDefaultHost;
  }
  if (out.host == "index.docker.io") out.host = kDefaultHost;
  out.repository = rest;
  if (out.host == kDefaultHost && rest.find('/') == std::string_view::npos)
    out.repository = Concat("library/", rest);
}

Status Bad(const std::string& text, std::string_view why) {
  return absl::InvalidArgumentError(
      Concat("image reference \"", text.substr(0, 300), "\" is not valid: ", why));
}

}  // namespace

std::string Reference::Name() const {
  return Concat(host, "/", repository);
}

std::string Reference::Full() const {
  return digest.empty() ? Concat(Name(), ":", tag) : Concat(Name(), "@", digest);
}

StatusOr<Reference> ParseReference(const std::string& text) {
  Reference out;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    out.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!IsDigest(out.digest))
      return Bad(text, "after @ a digest sha256:<64 hexadecimal digits> is expected");
  }
  const size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    out.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!IsTag(out.tag)) return Bad(text, "the tag after : has a character that tags cannot have");
  }
  SplitHost(rest, out);
  if (!IsHost(out.host)) return Bad(text, "the registry is not a host name or address");
  if (!IsRepository(out.repository))
    return Bad(text, "the repository must be lower-case letters and digits, joined by . _ - and /");
  if (out.tag.empty()) out.tag = "latest";
  if (!out.digest.empty()) out.tag.clear();
  return out;
}

bool IsLoopbackHost(const std::string& host) {
  const std::string_view name = HostWithoutPort(host);
  if (name == "localhost" || name == "[::1]") return true;
  return name.starts_with("127.") &&
         std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace jobpod
