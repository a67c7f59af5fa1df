// Where a registry really is: mirrors and TLS from containerd-style files
// <directory>/<host>/hosts.toml, or <directory>/_default/hosts.toml.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/http_client.hpp"

namespace jobpod {

struct RegistryHost {
  Url base;                // the API root, "https://registry-1.docker.io/v2"
  bool is_server = false;  // the registry itself, not a mirror: gets the credentials and no "ns="
  bool can_pull = true, can_resolve = true;
  TlsSettings tls;
  HttpHeaders headers;
};

// The text of the hosts.toml `file` for `host`. InvalidArgument names file and line of a mistake.
StatusOr<std::vector<RegistryHost>> ParseHosts(const std::string& text, const std::string& file,
                                               const std::string& host);

// The endpoints to ask for images of `host`, in order, the registry itself last. `directory` may be
// empty. InvalidArgument names file and line of a mistake.
StatusOr<std::vector<RegistryHost>> RegistryHosts(const std::string& directory, const std::string& host);

}  // namespace jobpod
