#include "image/layer_path.hpp"

#include <algorithm>

namespace jobpod {
namespace {

constexpr size_t kMaxName = 255;
constexpr size_t kMaxDepth = 255;  // each open level holds a descriptor
constexpr std::string_view kWhiteoutPrefix = ".wh.";

Status Refused(std::string_view why) {
  return absl::InvalidArgumentError(why.data());
}

}  // namespace

StatusOr<PathParts> SplitLayerPath(std::string_view path, uint64_t max_path) {
  if (path.find('\0') != std::string_view::npos) return Refused("its name contains a NUL");
  if (path.size() > max_path) return Refused("its path is too long");
  PathParts parts;
  while (!path.empty()) {
    size_t end = std::min(path.find('/'), path.size());
    std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return Refused("its path contains \"..\"");
    if (part.size() > kMaxName) return Refused("its path contains a name longer than 255 bytes");
    if (parts.size() == kMaxDepth) return Refused("its path is nested deeper than 255 directories");
    parts.emplace_back(part);
  }
  return parts;
}

bool EnterWindowsFiles(PathParts& parts) {
  if (parts.empty() || parts.front() != "Files") return false;
  parts.erase(parts.begin());
  return true;
}

NameKind ClassifyName(std::string_view name) {
  if (!name.starts_with(kWhiteoutPrefix)) return NameKind::kPlain;
  if (name == ".wh..wh..opq") return NameKind::kOpaque;
  return name.starts_with(".wh..wh.") ? NameKind::kIgnored : NameKind::kWhiteout;
}

StatusOr<std::string> WhiteoutTarget(std::string_view name) {
  name.remove_prefix(kWhiteoutPrefix.size());
  if (name.empty() || name == "." || name == "..") return Refused("its whiteout names nothing");
  return std::string(name);
}

}  // namespace jobpod
