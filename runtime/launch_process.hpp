// The part of a plan that one system's processes are about: how files are named, where programs lie
// (launch_{linux,windows}.cpp).
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/images.hpp"
#include "runtime/record.pb.h"

namespace jobpod {

struct Command {
  std::vector<std::string> argv;      // at least one word, which is not empty
  bool first_is_the_images = false;  // argv[0] comes from the image's Entrypoint or Cmd
};

// Adds environment, working directory, arguments and executables to `plan`, which has its mounts. References to the
// mount point are replaced. InvalidArgument names what cannot be.
Status DescribeProcess(const PodSpec& pod, const ContainerSpec& spec, const ImageConfig& image, Command command,
                       LaunchPlan& plan);

// The same for another process in the started `container`; `plan` has its environment and working directory.
Status DescribeExec(const LaunchPlan& container, std::vector<std::string> argv, bool terminal, LaunchPlan& plan);

}  // namespace jobpod
