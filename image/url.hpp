// The few parts of a URL a registry client needs. Nothing is decoded or re-encoded: a signed redirect
// must reach its server byte for byte.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // without brackets
  std::string port;    // never empty
  std::string target;  // path and query, starts with "/"

  bool secure() const { return scheme == "https"; }
  // "https://host:port", what credentials are bound to.
  std::string Origin() const;
  // The host, an IPv6 address in brackets.
  std::string HostText() const;
  // "host:port" as in a Host header; the default port is left out.
  std::string Authority() const;
};

// InvalidArgument for anything but an absolute http or https URL without user information.
StatusOr<Url> ParseUrl(const std::string& text);

// `location` as seen from `base`: absolute, "//host/…", "/path" or relative.
StatusOr<Url> ResolveUrl(const Url& base, const std::string& location);

// For a query: everything but letters, digits and -._~ as %XX.
std::string QueryEscape(const std::string& text);

}  // namespace jobpod
