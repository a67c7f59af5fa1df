#include <algorithm>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxName = 253;
constexpr int64_t kHundredYears = 100ll * 365 * 24 * 3600;

bool Forbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
}

}  // namespace

Status CheckName(const std::string& name, const char* field, bool may_be_empty) {
  if (name.empty() && may_be_empty) return absl::OkStatus();
  if (name.empty()) return absl::InvalidArgumentError(Concat(field, " is empty; set it"));
  if (name.size() > kMaxName) {
    return absl::InvalidArgumentError(
        Concat(field, " has ", name.size(), " bytes; at most ", kMaxName, " are allowed"));
  }
  if (std::any_of(name.begin(), name.end(), Forbidden)) {
    return absl::InvalidArgumentError(
        Concat(field, " contains a slash, a backslash or a control character; leave it out"));
  }
  return absl::OkStatus();
}

Status CheckText(const std::string& text, const char* field) {
  if (text.find('\0') == std::string::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat(field, " contains a zero byte; leave it out"));
}

StatusOr<std::chrono::milliseconds> Seconds(int64_t seconds, const char* field) {
  if (seconds < 0) {
    return absl::InvalidArgumentError(Concat(field, " is ", seconds, "; give 0 or more seconds"));
  }
  return std::chrono::seconds(std::min(seconds, kHundredYears));
}

}  // namespace jobpod
