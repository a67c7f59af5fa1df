// The text of /etc/resolv.conf.
#pragma once

#include <string>
#include <vector>

namespace jobpod {

struct ResolverConfig {
  std::vector<std::string> servers, searches, options;
};

// See resolv.conf(5). What has white space or control characters in it is left out: it would say
// something else than was asked.
std::string ResolverText(const ResolverConfig& config);

}  // namespace jobpod
