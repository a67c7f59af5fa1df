// Short texts out of base64 (RFC 4648).
#pragma once

#include <optional>
#include <string>

namespace jobpod {

// Nothing when `text` is no base64. Padding may be missing.
std::optional<std::string> FromBase64(std::string text);

}  // namespace jobpod
