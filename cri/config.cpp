#include "cri/config.hpp"

#include <algorithm>

#include "base/toml.hpp"
#include "cri/address.hpp"
#include "cri/config_file.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxFile = 1u << 20;

struct Place {
  const std::string& file;
  Status Error(const toml::source_region& source, std::string_view what) const {
    return absl::InvalidArgumentError(Concat(file, ":", source.begin.line, ": ", what));
  }
};

Status CheckNumber(const ConfigKey& key, int64_t value) {
  if (value >= 0 && static_cast<uint64_t>(value) >= key.minimum &&
      static_cast<uint64_t>(value) <= key.maximum) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      Concat("is ", value, "; use a number from ", key.minimum, " to ", key.maximum));
}

Status SetText(DaemonConfig& config, const ConfigKey& key, std::string_view value) {
  if (key.check) RETURN_IF_ERROR(key.check(value));
  config.*std::get<std::string DaemonConfig::*>(key.member) = std::string(value);
  return absl::OkStatus();
}

Status SetNode(DaemonConfig& config, const ConfigKey& key, const toml::node& node) {
  if (std::holds_alternative<std::string DaemonConfig::*>(key.member)) {
    const auto text = node.value_exact<std::string_view>();
    if (!text) return absl::InvalidArgumentError("must be a text in quotes");
    return SetText(config, key, *text);
  }
  const auto number = node.value_exact<int64_t>();
  if (!number) return absl::InvalidArgumentError("must be a whole number without quotes");
  RETURN_IF_ERROR(CheckNumber(key, *number));
  config.*std::get<uint64_t DaemonConfig::*>(key.member) = static_cast<uint64_t>(*number);
  return absl::OkStatus();
}

const ConfigKey* Find(std::string_view table, std::string_view name) {
  for (const ConfigKey& key : ConfigKeys()) {
    if (table == key.table && name == key.name) return &key;
  }
  return nullptr;
}

// What could have been meant: the keys of one table, or the tables.
std::string Known(std::string_view table) {
  std::string list = table.empty() ? "version" : "";
  std::string_view last;
  for (const ConfigKey& key : ConfigKeys()) {
    if (table == key.table) {
      list += Concat(list.empty() ? "" : ", ", key.name);
    } else if (table.empty() && last != key.table) {
      list += Concat(", [", key.table, "]");
    }
    last = key.table;
  }
  return list;
}

bool IsTable(std::string_view name) {
  return std::ranges::any_of(ConfigKeys(),
                             [&](const ConfigKey& key) { return *key.table && name == key.table; });
}

Status ParseTable(const toml::table& table, std::string_view name, const Place& place, DaemonConfig& config);

Status ParseNode(const toml::key& toml_key, const toml::node& node, std::string_view table,
                 const Place& place, DaemonConfig& config) {
  const std::string_view name = toml_key.str();
  if (table.empty() && name == "version") return absl::OkStatus();
  const ConfigKey* key = Find(table, name);
  if (key) {
    const Status set = SetNode(config, *key, node);
    return set.ok() ? set : place.Error(node.source(), Concat(KeyName(*key), " ", Message(set)));
  }
  if (table.empty() && node.is_table() && IsTable(name))
    return ParseTable(*node.as_table(), name, place, config);
  const std::string shown = table.empty()
                                ? (node.is_table() ? Concat("table [", name, "]") : Concat("key ", name))
                                : Concat("key [", table, "] ", name);
  return place.Error(toml_key.source(), Concat("unknown ", shown, "; known here: ", Known(table)));
}

Status ParseTable(const toml::table& table, std::string_view name, const Place& place, DaemonConfig& config) {
  for (const auto& [key, node] : table) RETURN_IF_ERROR(ParseNode(key, node, name, place, config));
  return absl::OkStatus();
}

Status CheckVersion(const toml::table& table, const Place& place) {
  const toml::node* version = table.get("version");
  if (!version) {
    return absl::InvalidArgumentError(
        Concat(place.file, ":1: version is missing; start the file with: version = 1"));
  }
  if (version->value_exact<int64_t>() == 1) return absl::OkStatus();
  return place.Error(version->source(),
                     "version is not 1, the only one this jobpodd knows; see jobpodd config default");
}

StatusOr<std::string> ReadNamed(const std::optional<std::string>& file) {
  StatusOr<std::string> text = ReadConfigFile(file.value_or(kHostDefaults.config_file), kMaxFile);
  if (text.ok() || file || text.status().code() != absl::StatusCode::kNotFound) return text;
  return std::string("version = 1\n");
}

}  // namespace

Status SetFromFlag(DaemonConfig& config, const ConfigKey& key, std::string_view value) {
  const Status set = SetText(config, key, value);
  return set.ok() ? set : Status(set.code(), Concat(key.flag, " ", Message(set)));
}

Status ParseConfig(std::string_view text, const std::string& file, DaemonConfig& config) {
  const toml::parse_result result = toml::parse(text, std::string_view(file));
  const Place place{file};
  if (!result)
    return place.Error(result.error().source(), Concat("is not valid TOML: ", result.error().description()));
  RETURN_IF_ERROR(CheckVersion(result.table(), place));
  return ParseTable(result.table(), "", place, config);
}

Status CompleteConfig(DaemonConfig& config) {
  if (config.address.empty()) config.address = DefaultAddress(config.state);
  if (config.link_root.empty()) config.link_root = DefaultLinkRoot(config.root);
  if (config.preload.empty()) config.preload = Below(config.root, "preload");
  const Status endpoint = ParseEndpoint(config.address).status();
  if (!endpoint.ok()) return Status(endpoint.code(), Concat("[grpc] address ", Message(endpoint)));
  if (config.root != config.state) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("root and state are the same directory, ", config.root,
                                           "; state is emptied after a reboot, choose two"));
}

StatusOr<DaemonConfig> LoadConfig(const std::optional<std::string>& file,
                                  const std::map<std::string, std::string>& flags) {
  DaemonConfig config;
  ASSIGN_OR_RETURN(const std::string text, ReadNamed(file));
  RETURN_IF_ERROR(ParseConfig(text, file.value_or(kHostDefaults.config_file), config));
  for (const ConfigKey& key : ConfigKeys()) {
    const auto found = key.flag ? flags.find(key.flag) : flags.end();
    if (found != flags.end()) RETURN_IF_ERROR(SetFromFlag(config, key, found->second));
  }
  RETURN_IF_ERROR(CompleteConfig(config));
  return config;
}

}  // namespace jobpod
