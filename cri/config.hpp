// The daemon's configuration: a TOML file (version 1), overridden by command line flags of the same names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.hpp"
#include "cri/host_defaults.hpp"

namespace jobpod {

// Paths are absolute. An empty text that has a place derived from another key is filled in by
// CompleteConfig, after file and flags.
struct DaemonConfig {
  std::string root = kHostDefaults.root;    // durable
  std::string state = kHostDefaults.state;  // volatile
  std::string shim;                         // empty: jobpod-shim beside jobpodd
  std::string log_level = "info";
  std::string log_file;    // empty: standard error
  std::string address;     // empty: DefaultAddress(state)
  uint64_t workers = 512;  // threads for calls that wait, at most
  std::string streaming_address = "127.0.0.1:0";
  uint64_t streaming_idle_timeout_seconds = 4 * 3600;
  std::string http_address = "127.0.0.1:9450";  // or "off"
  std::string admit = "host-process";
  std::string default_handler = "image-root";
  std::string link_root;  // empty: DefaultLinkRoot(root)
  uint64_t survivor_grace_seconds = 5;
  std::string registry_config = kHostDefaults.registry_config;
  std::string preload;  // empty: <root>/preload
  uint64_t max_manifest_bytes = 4u << 20;
  uint64_t max_unpacked_bytes = 64ull << 30;
  uint64_t max_entries = 4'000'000;
  uint64_t max_layers = 127;
  uint64_t max_path_bytes = 4096;
  uint64_t max_ratio = 2000;
  uint64_t keep_blobs = 0;
  uint64_t connect_timeout_seconds = 30;
  uint64_t first_byte_timeout_seconds = 30;
  uint64_t stall_timeout_seconds = 30;
  uint64_t parallel_layers = 3;

  bool operator==(const DaemonConfig&) const = default;
};

// One key of the file. The list of all keys drives the parser, the flags and the printed default.
struct ConfigKey {
  const char* table;  // "" = top level
  const char* name;
  const char* flag;  // "--root"; null = file only
  const char* help;  // for the printed default and --help; one line each
  std::variant<std::string DaemonConfig::*, uint64_t DaemonConfig::*> member;
  Status (*check)(std::string_view value);  // of texts; null = any
  uint64_t minimum = 0, maximum = 0;        // of numbers
  const char* derived = nullptr;            // what an empty text becomes, shown commented out
};
std::span<const ConfigKey> ConfigKeys();

// "[grpc] address", or "root" at top level.
std::string KeyName(const ConfigKey& key);

// Sets one key from a flag's text; errors name the flag.
Status SetFromFlag(DaemonConfig& config, const ConfigKey& key, std::string_view value);

// Parses the text of a file over `config`. Every error is "<file>:<line>: <key> …" with InvalidArgument.
Status ParseConfig(std::string_view text, const std::string& file, DaemonConfig& config);

// Reads `file` if given, otherwise the default file if it is there; then puts `flags` (by flag, "--root")
// over it and fills in what is derived.
StatusOr<DaemonConfig> LoadConfig(const std::optional<std::string>& file,
                                  const std::map<std::string, std::string>& flags);

// Fills in the derived values and checks what keys say together. Idempotent.
Status CompleteConfig(DaemonConfig& config);

// The whole file with its comments; parses back to DaemonConfig{}.
std::string DefaultConfigText();

}  // namespace jobpod
