#include "cri/address.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxSocketPath = 107;
constexpr std::string_view kUnix = "unix://";

}  // namespace

StatusOr<EndpointAddress> ParseEndpoint(std::string_view text) {
  if (!text.starts_with(kUnix)) {
    return absl::InvalidArgumentError(Concat("is \"", text, "\"; use unix:///path/of/a.sock"));
  }
  std::string_view path = text.substr(kUnix.size());
  // gRPC would take a second slash for the beginning of a host's name.
  while (path.starts_with("//")) path.remove_prefix(1);
  if (!path.starts_with('/') || path.ends_with('/') || path.find('\0') != path.npos) {
    return absl::InvalidArgumentError(Concat("is \"", text, "\"; the path of the socket must be absolute"));
  }
  if (path.size() > kMaxSocketPath) {
    return absl::InvalidArgumentError(Concat("has a path of ", path.size(), " bytes (", path,
                                             "); a socket's path is at most ", kMaxSocketPath,
                                             " bytes, use a shorter one"));
  }
  return EndpointAddress{.path = std::string(path), .tcp = {}};
}

}  // namespace jobpod
