// The names that are reserved before work, so that a second request of the same name fails fast.
#pragma once

#include <string>

#include "base/text.hpp"
#include "runtime/record.pb.h"

namespace jobpod {

inline std::string PodName(const PodSpec& spec) {
  return Concat(spec.name(), "_", spec.namespace_(), "_", spec.uid(), "_", spec.attempt());
}

inline std::string ContainerName(const ContainerSpec& spec, const PodSpec& pod) {
  return Concat(spec.name(), "_", spec.attempt(), "_", PodName(pod));
}

}  // namespace jobpod
