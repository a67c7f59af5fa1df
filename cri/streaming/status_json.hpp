// How a remote command ended, as it is written to the client's error stream and read from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod::streaming {

enum class StatusForm {
  kText,  // v1 to v3: the sentence of a failure, nothing on success
  kJson,  // v4 and v5: a metav1.Status, always
};

// What is written for an exit code, or for why there is none. Clients read the code as an unsigned number of
// 8 bits, so larger ones are folded to their low byte, and to 1 where that is 0.
std::string FormatEnd(const StatusOr<int32_t>& exit_code, StatusForm form);

// The client's side of kJson. Internal when it is no such text.
StatusOr<int32_t> ParseEnd(std::string_view json);

}  // namespace jobpod::streaming
