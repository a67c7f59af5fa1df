// The parts of `jobpod run` that each system says in its own way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.hpp"
#include "cri/proto/runtime.pb.h"

namespace jobpod::cli {

// "SOURCE:TARGET[:ro]", two absolute paths.
StatusOr<::runtime::v1::Mount> ParseMount(const std::string& text);

// `text` is what --user was given, or empty.
extern const char* const kUserHelp;
// Who it is when neither that nor the image says; empty: what the daemon does then.
extern const char* const kDefaultUser;
Status SetUser(const std::string& text, ::runtime::v1::ContainerConfig& config);

// 0 = no limit.
void SetLimits(int64_t memory_bytes, double cpus, ::runtime::v1::ContainerConfig& config);

// A variable of this program's environment, in UTF-8.
std::optional<std::string> OwnVariable(const std::string& name);

}  // namespace jobpod::cli
