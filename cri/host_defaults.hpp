// What the configuration says differently on each system: places, and sentences about them.
#pragma once

#include <string>

namespace jobpod {

struct HostDefaults {
  const char *config_file, *root, *state, *registry_config;
  const char* address;   // of a daemon with the default state
  const char *preload, *link_root;  // of one with the default root
  const char* bind_root;            // where the bind layout shows an image's files
  const char* run_logs;  // where `jobpod run` leaves logs
  const char* shim;      // the name of the shim's program
  const char *state_help, *address_help;
  const char* start_hint;      // how a user starts the daemon
  const char* example_config;  // in the sources: the printed default
};
extern const HostDefaults kHostDefaults;

// The endpoint of a daemon with this state directory.
std::string DefaultAddress(const std::string& state);

// The parent of the link layout's directories, of a daemon with this root.
std::string DefaultLinkRoot(const std::string& root);

// `name` below `directory`, with the system's separator.
std::string Below(const std::string& directory, const std::string& name);

}  // namespace jobpod
