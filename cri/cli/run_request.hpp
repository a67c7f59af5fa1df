// From the options of `jobpod run` to CRI messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "cri/host_defaults.hpp"
#include "cri/proto/runtime.pb.h"

namespace jobpod::cli {

namespace cri = ::runtime::v1;

struct RunOptions {
  std::string image;
  std::vector<std::string> command;
  std::optional<std::string> entrypoint;
  std::vector<std::string> environment;  // "NAME=value", or "NAME" to pass on this shell's
  std::vector<std::string> mounts;       // "source:target[:ro]"
  std::string user;                      // as kUserHelp says
  std::string handler;
  std::string name;  // empty: chosen
  std::string working_directory;
  std::string memory;  // "512m"
  double cpus = 0;
  std::string log_directory = kHostDefaults.run_logs;
  int64_t stop_timeout = 10;
  bool input = false, terminal = false;
  bool remove = false, detach = false, keep = false;
};

// "512", "512k", "512m", "2g" (1024-based), at least 4 KiB.
StatusOr<int64_t> ParseBytes(const std::string& text);

// `uid` is the pod's identity; the log directory is <log_directory>/<name>_<uid>.
StatusOr<cri::PodSandboxConfig> MakePodConfig(const RunOptions& options, const std::string& uid);
// `image_id` as PullImage answered it.
StatusOr<cri::ContainerConfig> MakeContainerConfig(const RunOptions& options,
                                                   const cri::PodSandboxConfig& pod,
                                                   const std::string& image_id);

// Removes the log directory of a pod that `jobpod run` made; others are left alone.
Status RemoveRunLogs(const cri::PodSandbox& pod);

}  // namespace jobpod::cli
