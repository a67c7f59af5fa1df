#include <algorithm>

#include "cri/address.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kPipe = "npipe://", kTcp = "tcp://", kPlace = "\\\\.\\pipe\\";
// Below it only administrators make pipes; every other name is whoever's comes first.
constexpr std::string_view kProtected = "ProtectedPrefix\\Administrators\\";
constexpr size_t kMaxPipePath = 256;

bool IsSame(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

std::string_view NameOf(std::string_view path) {
  const std::string_view name = path.substr(std::min(path.size(), kPlace.size()));
  return IsSame(name.substr(0, kProtected.size()), kProtected) ? name.substr(kProtected.size()) : name;
}

// Clients write "npipe:////./pipe/NAME" and "npipe://./pipe/NAME", and either slash.
StatusOr<EndpointAddress> ParsePipe(std::string_view text) {
  std::string path = "\\\\";
  size_t begin = kPipe.size();
  while (begin < text.size() && (text[begin] == '/' || text[begin] == '\\')) ++begin;
  path += text.substr(begin);
  std::ranges::replace(path, '/', '\\');
  const std::string_view name = NameOf(path);
  const bool right = IsSame(std::string_view(path).substr(0, kPlace.size()), kPlace) && !name.empty() &&
                     name.find_first_of(std::string_view("\\\0", 2)) == name.npos;
  if (right && path.size() <= kMaxPipePath) return EndpointAddress{.path = std::move(path), .tcp = {}};
  return absl::InvalidArgumentError(
      Concat("is \"", text, "\"; a pipe of this machine is npipe:////./pipe/NAME, of at most ", kMaxPipePath,
             " characters"));
}

}  // namespace

StatusOr<EndpointAddress> ParseEndpoint(std::string_view text) {
  if (text.starts_with(kPipe)) return ParsePipe(text);
  if (!text.starts_with(kTcp)) {
    return absl::InvalidArgumentError(
        Concat("is \"", text, "\"; use npipe:////./pipe/jobpod, or tcp://127.0.0.1:PORT"));
  }
  ASSIGN_OR_RETURN(HostPort tcp, ParseLoopback(text.substr(kTcp.size())));
  return EndpointAddress{.path = "", .tcp = std::move(tcp)};
}

}  // namespace jobpod
