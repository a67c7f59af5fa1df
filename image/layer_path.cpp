#include "image/layer_path.hpp"

#include <algorithm>

namespace jobpod {
namespace {

constexpr size_t kMaxName = 255;
constexpr size_t kMaxDepth = 255;  // each open level holds a descriptor
constexpr std::string_view kWhiteoutPrefix = ".wh.";

Status Refused(const std::string& why) {
  return absl::InvalidArgumentError(why);
}

}  // namespace

StatusOr<PathParts> SplitLayerPath(std::string_view path, uint64_t max_path) {
  if (path.find('\0') != std::string_view::npos) return Refused("its name contains a NUL");
  if (path.size() > max_path)
    return Refused(Concat("its path is too long: ", path.size(), " bytes, over the limit of ", max_path));
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

WindowsPlace EnterWindowsLayer(PathParts& parts) {
  if (parts.empty()) return WindowsPlace::kSystem;
  if (parts.front() == "Hives" || parts.front() == "UtilityVM") return WindowsPlace::kSystem;
  if (parts.front() != "Files") return WindowsPlace::kForeign;
  parts.erase(parts.begin());
  return WindowsPlace::kFiles;
}

bool IsWindowsStream(const PathParts& parts) {
  return !parts.empty() && parts.back().find(':') != std::string::npos;
}

std::string WindowsLinkTarget(std::string_view target, const PathParts& link) {
  std::string text(target);
  std::ranges::replace(text, '\\', '/');
  std::string_view rest = text;
  for (std::string_view prefix : {"//?/", "/\?\?/", "//./"})
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size() - 1);
  const size_t drive = rest.starts_with('/') ? 1 : 0;
  const bool has_drive = rest.size() > drive + 1 && rest[drive + 1] == ':';
  if (has_drive) rest.remove_prefix(drive + 2);
  const bool absolute = has_drive || rest.starts_with('/');
  PathParts place;
  if (!absolute && !link.empty()) place.assign(link.begin(), link.end() - 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part == ".." && !place.empty()) place.pop_back();
    if (!part.empty() && part != "." && part != "..") place.emplace_back(part);
  }
  size_t common = 0;
  while (common + 1 < link.size() && common < place.size() && link[common] == place[common]) ++common;
  std::string out;
  for (size_t up = common + 1; up < link.size(); ++up) out += "../";
  for (size_t at = common; at < place.size(); ++at) out += Concat(place[at], at + 1 < place.size() ? "/" : "");
  return out.empty() ? "." : out;
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
