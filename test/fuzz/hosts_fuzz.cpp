// hosts.toml: an error names file and line; what is taken ends with the registry and has no header that could end early.
#include <algorithm>
#include <string>

#include "image/registry_config.hpp"
#include "test/fuzz/fuzz_tools.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jobpod;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto hosts = ParseHosts(text, "/etc/x/hosts.toml", "registry.example:5000");
  if (!hosts.ok()) {
    fuzz::Require(absl::IsInvalidArgument(hosts.status()), "a kind");
    fuzz::Require(Message(hosts.status()).starts_with("/etc/x/hosts.toml line "), "file and line");
    return 0;
  }
  fuzz::Require(!hosts->empty() && hosts->back().is_server, "the registry itself, last");
  fuzz::Require(std::ranges::count(*hosts, true, &RegistryHost::is_server) == 1, "one registry");
  for (const RegistryHost& host : *hosts) {
    fuzz::Require(!host.base.host.empty() && !host.base.port.empty(), "an address");
    for (const auto& [name, value] : host.headers)
      for (const char c : name + value) fuzz::Require(static_cast<unsigned char>(c) >= ' ' || c == '\t', "header bytes");
  }
  return 0;
}
