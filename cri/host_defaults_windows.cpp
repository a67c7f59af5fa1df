#include "base/text.hpp"
#include "cri/host_defaults.hpp"

namespace jobpod {

const HostDefaults kHostDefaults = {
    .config_file = "C:\\ProgramData\\jobpod\\config.toml",
    .root = "C:\\ProgramData\\jobpod\\root",
    .state = "C:\\ProgramData\\jobpod\\state",
    .registry_config = "C:\\ProgramData\\jobpod\\registry.d",
    .address = "npipe:////./pipe/jobpod",
    .preload = "C:\\ProgramData\\jobpod\\root\\preload",
    .link_root = "C:\\hpc",
    .bind_root = "C:\\hpc",
    .run_logs = "C:\\ProgramData\\jobpod\\logs\\pods",
    .shim = "jobpod-shim.exe",
    .state_help = "Volatile data: exit records of running pods; emptied after a restart of the machine.",
    .address_help = "Where kubelet, crictl and jobpod connect: a named pipe, for SYSTEM and Administrators only. "
                    "Nobody else takes its name first below npipe:////./pipe/ProtectedPrefix/Administrators/. "
                    "tcp://127.0.0.1:PORT lets every local user in.",
    .start_hint = "sc.exe start jobpod (or jobpodd.exe)",
    .example_config = "deploy/windows/config.toml",
};

// Pipes have one name space, whatever the directories.
std::string DefaultAddress(const std::string&) {
  return kHostDefaults.address;
}

// Manifests that were written for other runtimes name it. Daemons with roots of their own do not share it.
std::string DefaultLinkRoot(const std::string& root) {
  return root == kHostDefaults.root ? kHostDefaults.link_root : Below(root, "hpc");
}

std::string Below(const std::string& directory, const std::string& name) {
  return Concat(directory, directory.ends_with('\\') || directory.ends_with('/') ? "" : "\\", name);
}

}  // namespace jobpod
