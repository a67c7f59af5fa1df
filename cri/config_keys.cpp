#include <filesystem>

#include "cri/address.hpp"
#include "cri/config.hpp"

namespace jobpod {
namespace {

Status OneOf(std::string_view value, std::span<const std::string_view> choices) {
  std::string list;
  for (std::string_view choice : choices) {
    if (choice == value) return absl::OkStatus();
    list += Concat(list.empty() ? "" : ", ", "\"", choice, "\"");
  }
  return absl::InvalidArgumentError(Concat("is \"", value, "\"; use one of ", list));
}

Status CheckAdmit(std::string_view value) {
  static constexpr std::string_view kChoices[] = {"host-process", "host-network", "all"};
  return OneOf(value, kChoices);
}

Status CheckHandler(std::string_view value) {
  static constexpr std::string_view kChoices[] = {"hostprocess", "hostprocess-link", "image-root"};
  return OneOf(value, kChoices);
}

Status CheckLevel(std::string_view value) {
  static constexpr std::string_view kChoices[] = {"trace", "debug", "info", "warn", "error"};
  return OneOf(value, kChoices);
}

Status CheckPath(std::string_view value) {
  const bool absolute = std::filesystem::path(value).is_absolute();
  if (absolute && value.find('\0') == std::string_view::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("is \"", value, "\"; use an absolute path"));
}

Status CheckOptionalPath(std::string_view value) {
  return value.empty() ? absl::OkStatus() : CheckPath(value);
}

Status CheckEndpoint(std::string_view value) {
  return value.empty() ? absl::OkStatus() : ParseEndpoint(value).status();
}

Status CheckLoopback(std::string_view value) {
  return ParseLoopback(value).status();
}

Status CheckHttp(std::string_view value) {
  return value == "off" ? absl::OkStatus() : ParseLoopback(value).status();
}

constexpr uint64_t kMiB = 1u << 20;
using C = DaemonConfig;

const ConfigKey kKeys[] = {
    {"", "root", "--root", "Durable data: database, images, writable layers. One daemon at a time uses it.",
     &C::root, CheckPath},
    {"", "state", "--state", kHostDefaults.state_help, &C::state, CheckPath},
    {"", "shim", "--shim", "The program that holds a pod.", &C::shim, CheckOptionalPath, 0, 0,
     "<directory of jobpodd>/jobpod-shim"},
    {"", "log_level", "--log-level",
     "Least level written to the log: trace, debug, info, warn, error.", &C::log_level, CheckLevel},
    {"", "log_file", "--log-file",
     "Where the log goes instead of standard error; three files of 10 MiB are kept.", &C::log_file,
     CheckOptionalPath},
    {"grpc", "address", "--address",
     kHostDefaults.address_help, &C::address, CheckEndpoint, 0, 0, kHostDefaults.address},
    {"grpc", "workers", nullptr,
     "Calls that may wait at a time (stop, exec, pull), each on a thread. Idle ones end.", &C::workers,
     nullptr, 4, 1024},
    {"streaming", "address", nullptr,
     "Loopback address for exec, attach and port-forward; port 0 takes a free one.", &C::streaming_address,
     CheckLoopback},
    {"streaming", "idle_timeout_seconds", nullptr,
     "A streaming connection on which nothing at all has moved for so long is closed.",
     &C::streaming_idle_timeout_seconds, nullptr, 1, 30 * 24 * 3600},
    {"http", "address", "--http-address",
     "Loopback address of /metrics, /healthz and /readyz, without authentication; \"off\" for none.",
     &C::http_address, CheckHttp},
    {"pods", "admit", "--admit",
     "Who may run: host-process; host-network (also host-network pods); all (everything, for throw-away CI).",
     &C::admit, CheckAdmit},
    {"pods", "default_handler", nullptr,
     "Handler of privileged host-network pods that name none (Linux); a stand-alone kubelet never does.",
     &C::default_handler, CheckHandler},
    {"pods", "link_root", "--link-root",
     "Parent of the directories where handler hostprocess-link shows images.", &C::link_root, CheckOptionalPath, 0, 0,
     kHostDefaults.link_root},
    {"pods", "survivor_grace_seconds", nullptr,
     "How long processes that outlive their container's first process have before they are killed.",
     &C::survivor_grace_seconds, nullptr, 0, 3600},
    {"image", "registry_config", "--registry-config",
     "Directory of <registry host>/hosts.toml files: mirrors, TLS, plain HTTP.", &C::registry_config,
     CheckOptionalPath},
    {"image", "preload", "--preload", "Image archives in this directory are imported at start.", &C::preload,
     CheckOptionalPath, 0, 0, kHostDefaults.preload},
    {"image", "max_manifest_bytes", nullptr, "Largest manifest or image config that is accepted.",
     &C::max_manifest_bytes, nullptr, 64u << 10, 64 * kMiB},
    {"image", "max_unpacked_bytes", nullptr, "Most bytes one image may unpack to.", &C::max_unpacked_bytes,
     nullptr, kMiB, 1ull << 50},
    {"image", "max_entries", nullptr, "Most files and directories one image may hold.", &C::max_entries,
     nullptr, 1'000, 1'000'000'000},
    {"image", "max_layers", nullptr, "Most layers one image may have.", &C::max_layers, nullptr, 1, 500},
    {"image", "max_path_bytes", nullptr, "Longest path of a file in an image.", &C::max_path_bytes, nullptr, 255,
     4096},
    {"image", "max_ratio", nullptr,
     "Most bytes a byte of a compressed layer may become, counted from 256 MiB on; 0 for any.", &C::max_ratio,
     nullptr, 0, 1'000'000},
    {"image", "keep_blobs", nullptr,
     "1 keeps compressed layers beside their files: jobpod image export needs them. 0 saves the space.",
     &C::keep_blobs, nullptr, 0, 1},
    {"image", "connect_timeout_seconds", nullptr,
     "How long a registry may take for each of name look-up, connection and TLS handshake.",
     &C::connect_timeout_seconds, nullptr, 1, 3600},
    {"image", "first_byte_timeout_seconds", nullptr, "How long a registry may take to begin an answer.",
     &C::first_byte_timeout_seconds, nullptr, 1, 3600},
    {"image", "stall_timeout_seconds", nullptr,
     "How long a download may stand still, or trickle with less than 1 KiB, before it is taken up again.",
     &C::stall_timeout_seconds, nullptr, 1, 3600},
    {"image", "parallel_layers", nullptr, "Layers of one image that are fetched and unpacked at a time.",
     &C::parallel_layers, nullptr, 1, 16},
};

std::string Value(const ConfigKey& key) {
  const DaemonConfig defaults;
  if (const auto* number = std::get_if<uint64_t C::*>(&key.member)) return std::to_string(defaults.**number);
  const std::string text = key.derived ? key.derived : defaults.*std::get<std::string C::*>(key.member);
  const char* quote = text.find('\\') == std::string::npos ? "\"" : "'";  // TOML's literal text
  return Concat(quote, text, quote);
}

}  // namespace

std::span<const ConfigKey> ConfigKeys() {
  return kKeys;
}

std::string KeyName(const ConfigKey& key) {
  return *key.table ? Concat("[", key.table, "] ", key.name) : std::string(key.name);
}

std::string DefaultConfigText() {
  std::string text =
      "# Configuration of jobpodd: every key with its default. A key that is commented out follows from\n"
      "# another one (root, state). Flags of the same names win over this file; see jobpodd --help.\n"
      "# Check a changed file with: jobpodd config check FILE\n\nversion = 1\n";
  std::string_view table;
  for (const ConfigKey& key : kKeys) {
    if (table != key.table) text += Concat("\n[", table = key.table, "]");
    text += Concat("\n# ", key.help, "\n", key.derived ? "# " : "", key.name, " = ", Value(key), "\n");
  }
  return text;
}

}  // namespace jobpod
