#include "image/registry_config.hpp"

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/letters.hpp"
#include "base/toml.hpp"
#include "image/reference.hpp"

namespace jobpod {
namespace {

// Where we are in which file: for errors and for paths relative to it.
struct Place {
  std::string file, directory;

  Status Bad(const toml::node& node, std::string_view why) const {
    return absl::InvalidArgumentError(Concat(file, " line ", node.source().begin.line, ": ", why));
  }
  std::string Absolute(const std::string& path) const {
    return path.starts_with('/') ? path : Concat(directory, "/", path);
  }
};

// A text or a list of texts.
StatusOr<std::vector<std::string>> Texts(const Place& place, const toml::node& node) {
  std::vector<std::string> out;
  if (const auto* text = node.as_string()) return std::vector<std::string>{text->get()};
  const auto* list = node.as_array();
  if (list == nullptr) return place.Bad(node, "a text or a list of texts is expected");
  for (const auto& entry : *list) {
    if (!entry.is_string()) return place.Bad(entry, "a text is expected");
    out.push_back(entry.as_string()->get());
  }
  return out;
}

Status ReadCapabilities(const Place& place, const toml::node& node, RegistryHost& out) {
  ASSIGN_OR_RETURN(const auto names, Texts(place, node));
  out.can_pull = std::ranges::count(names, "pull") > 0;
  out.can_resolve = std::ranges::count(names, "resolve") > 0;
  for (const std::string& name : names)
    if (name != "pull" && name != "resolve" && name != "push")
      return place.Bad(node, "a capability is one of \"pull\", \"resolve\" and \"push\"");
  return absl::OkStatus();
}

Status ReadAuthorities(const Place& place, const toml::node& node, RegistryHost& out) {
  ASSIGN_OR_RETURN(const auto files, Texts(place, node));
  for (const std::string& file : files) out.tls.authorities.push_back(place.Absolute(file));
  return absl::OkStatus();
}

// "both.pem", ["both.pem"], [["certificate", "key"]] or [["both.pem", ""]].
Status ReadClient(const Place& place, const toml::node& node, RegistryHost& out) {
  toml::array single;
  if (node.is_string()) single.push_back(node.as_string()->get());
  const auto* list = node.is_string() ? &single : node.as_array();
  if (list == nullptr) return place.Bad(node, "client is a file or a list of [certificate, key]");
  if (list->size() > 1)
    return place.Bad(node, "one client certificate can be shown; one with its key in a file of its own is written "
                           "[[\"certificate\", \"key\"]]");
  for (const auto& entry : *list) {
    ASSIGN_OR_RETURN(const auto files, Texts(place, entry));
    if (files.empty() || files.size() > 2) return place.Bad(entry, "a client is [certificate, key]");
    const std::string& key = files.back().empty() ? files.front() : files.back();
    out.tls.client.emplace_back(place.Absolute(files.front()), place.Absolute(key));
  }
  return absl::OkStatus();
}

bool IsHeaderText(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

Status ReadHeaders(const Place& place, const toml::node& node, RegistryHost& out) {
  const auto* table = node.as_table();
  if (table == nullptr) return place.Bad(node, "header is a table");
  for (const auto& [name, value] : *table) {
    ASSIGN_OR_RETURN(const auto texts, Texts(place, value));
    for (const std::string& text : texts) {
      if (!IsHeaderText(text) || !IsHeaderText(name.str()) || name.str().find_first_of(": \t") != name.str().npos)
        return place.Bad(value, "a header cannot have line breaks or other control characters");
      out.headers.emplace_back(std::string(name.str()), text);
    }
  }
  return absl::OkStatus();
}

Status ReadFlag(const Place& place, const toml::node& node, bool& out) {
  if (!node.is_boolean()) return place.Bad(node, "true or false is expected");
  out = node.as_boolean()->get();
  return absl::OkStatus();
}

// The settings of one endpoint; the file's own top level has them too, for the server.
StatusOr<RegistryHost> ReadHost(const Place& place, const toml::table& table, const std::string& address) {
  RegistryHost out;
  bool override_path = false;
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "capabilities") RETURN_IF_ERROR(ReadCapabilities(place, node, out));
    if (name == "ca") RETURN_IF_ERROR(ReadAuthorities(place, node, out));
    if (name == "client") RETURN_IF_ERROR(ReadClient(place, node, out));
    if (name == "header") RETURN_IF_ERROR(ReadHeaders(place, node, out));
    if (name == "skip_verify") RETURN_IF_ERROR(ReadFlag(place, node, out.tls.skip_verify));
    if (name == "override_path") RETURN_IF_ERROR(ReadFlag(place, node, override_path));
  }
  const bool has_scheme = address.find("://") != std::string::npos;
  const std::string scheme = IsLoopbackHost(address.substr(0, address.find('/'))) ? "http://" : "https://";
  auto url = ParseUrl(has_scheme ? address : scheme + address);
  if (!url.ok()) return place.Bad(table, Message(url.status()));
  out.base = *std::move(url);
  while (out.base.target.ends_with('/')) out.base.target.pop_back();
  if (!override_path && !out.base.target.ends_with("/v2")) out.base.target += "/v2";
  return out;
}

// Mirrors in the order of the file (the TOML library sorts by name).
std::vector<std::pair<std::string, const toml::node*>> InFileOrder(const toml::table& hosts) {
  std::vector<std::pair<std::string, const toml::node*>> out;
  for (const auto& [key, node] : hosts) out.emplace_back(key.str(), &node);
  std::ranges::sort(out, {}, [](const auto& entry) {
    const auto& where = entry.second->source().begin;
    return std::pair(where.line, where.column);
  });
  return out;
}

std::string DefaultServer(const std::string& host) {
  return host == "docker.io" ? "registry-1.docker.io" : host;
}

// Whether an entry among the mirrors is the registry itself, under its own name or its server's.
bool IsItself(const Url& base, const std::string& host) {
  for (const std::string& name : {host, DefaultServer(host)}) {
    const auto own = ParseUrl(Concat(base.scheme, "://", name));
    if (own.ok() && AsciiLower(own->Authority()) == AsciiLower(base.Authority())) return true;
  }
  return false;
}

StatusOr<std::vector<RegistryHost>> ReadHosts(const Place& place, const toml::table& file,
                                              const std::string& host) {
  std::vector<RegistryHost> out;
  if (const toml::node* hosts = file.get("host")) {
    if (!hosts->is_table()) return place.Bad(*hosts, "host is a table");
    for (const auto& [address, node] : InFileOrder(*hosts->as_table())) {
      if (!node->is_table()) return place.Bad(*node, "a host is a table");
      ASSIGN_OR_RETURN(out.emplace_back(), ReadHost(place, *node->as_table(), address));
      out.back().is_server = IsItself(out.back().base, host);
    }
  }
  std::string server = DefaultServer(host);
  if (const toml::node* named = file.get("server")) {
    if (!named->is_string()) return place.Bad(*named, "server is a text");
    server = named->as_string()->get();
  }
  ASSIGN_OR_RETURN(out.emplace_back(), ReadHost(place, file, server));
  out.back().is_server = true;
  return out;
}

}  // namespace

StatusOr<std::vector<RegistryHost>> ParseHosts(const std::string& text, const std::string& file,
                                               const std::string& host) {
  const toml::parse_result parsed = toml::parse(text);
  if (parsed) return ReadHosts({file, file.substr(0, file.rfind('/'))}, parsed.table(), host);
  const toml::parse_error& error = parsed.error();
  return absl::InvalidArgumentError(
      Concat(file, " line ", error.source().begin.line, ": ", error.description()));
}

StatusOr<std::vector<RegistryHost>> RegistryHosts(const std::string& directory, const std::string& host) {
  std::vector<std::string> names = {host, "_default"};
  if (const size_t colon = host.rfind(':'); colon != std::string::npos && !host.ends_with(']'))
    names.insert(names.begin(), Concat(host.substr(0, colon), "_", host.substr(colon + 1), "_"));
  for (const std::string& name : names) {
    if (directory.empty()) break;
    const std::string file = Concat(directory, "/", name, "/hosts.toml");
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    ASSIGN_OR_RETURN(const std::string text, ReadFile(file, 1u << 20));
    return ParseHosts(text, file, host);
  }
  return ReadHosts({"", ""}, toml::table(), host);
}

}  // namespace jobpod
