// Base64 (RFC 4648) of short texts.
#pragma once

#include <optional>
#include <string>

namespace jobpod {

std::string Base64(const std::string& text);

// Nothing when `text` is no base64. Padding may be missing.
std::optional<std::string> FromBase64(std::string text);

}  // namespace jobpod
