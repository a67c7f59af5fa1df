// A container's environment block.
#pragma once

#include <string>
#include <vector>

#include "runtime/launch_plan.pb.h"

namespace jobpod {

struct EnvironmentRequest {
  std::vector<std::string> image;      // "NAME=value"
  std::vector<std::string> container;  // "NAME=value", later ones win, empty values kept
  std::string mount_point;             // no trailing separator
  bool tty = false;
  std::string hostname;     // HOSTNAME of an image-root container
  bool image_root = false;  // the host's directories are not in its view
};

// Minimal login environment, image, container, then the mount-point variable, which nobody can override.
// References to it in values are replaced; the host's PATH directories are appended behind an image's or
// container's PATH. The account's variables (HOME, USER, …) are added later by AddAccount.
std::vector<std::string> ComposeEnvironment(const EnvironmentRequest& request);

// HOME alone.
void AddHome(const User& user, std::vector<std::string>& environment);

// HOME, USER and LOGNAME of the account, unless they are there already.
void AddAccount(const User& user, std::vector<std::string>& environment);

// The value of `name`, empty when unset.
std::string ValueOf(const std::vector<std::string>& environment, const std::string& name);

}  // namespace jobpod
