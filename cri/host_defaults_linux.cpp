#include "base/text.hpp"
#include "cri/host_defaults.hpp"

namespace jobpod {

const HostDefaults kHostDefaults = {
    .config_file = "/etc/jobpod/config.toml",
    .root = "/var/lib/jobpod",
    .state = "/run/jobpod",
    .registry_config = "/etc/jobpod/registry.d",
    .address = "unix:///run/jobpod/jobpod.sock",
    .preload = "/var/lib/jobpod/preload",
    .link_root = "/var/lib/jobpod/hpc",
    .bind_root = "/hpc",
    .run_logs = "/var/log/jobpod",
    .shim = "jobpod-shim",
    .state_help = "Volatile data: sockets and exit records of running pods; best on a tmpfs.",
    .address_help = "Where kubelet, crictl and jobpod connect: a Unix socket, mode 0660, owned by root.",
    .start_hint = "systemctl start jobpod (or jobpodd &)",
    .example_config = "deploy/config.toml",
};

std::string DefaultAddress(const std::string& state) {
  return Concat("unix://", state, "/jobpod.sock");
}

std::string DefaultLinkRoot(const std::string& root) {
  return Below(root, "hpc");
}

std::string Below(const std::string& directory, const std::string& name) {
  return Concat(directory, "/", name);
}

}  // namespace jobpod
