#include "runtime/job_name.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kSlice = ".slice";

bool IsSlice(const std::string& text) {
  return text.size() > kSlice.size() && text.compare(text.size() - kSlice.size(), kSlice.size(), kSlice) == 0;
}

// systemd: "a-b.slice" lies in "a.slice".
std::string ExpandSlice(const std::string& slice) {
  std::string stem = slice.substr(0, slice.size() - kSlice.size());
  std::string path;
  for (size_t dash = stem.find('-'); dash != std::string::npos; dash = stem.find('-', dash + 1)) {
    path += Concat(stem.substr(0, dash), kSlice, "/");
  }
  return path + slice;
}

}  // namespace

StatusOr<std::string> PodJobName(const std::string& cgroup_parent, const std::string& job_root,
                                 const std::string& pod_id) {
  std::string parent = cgroup_parent.empty() ? job_root : cgroup_parent;
  if (IsSlice(parent) && parent.find('/') == std::string::npos) parent = ExpandSlice(parent);
  std::string name;
  for (size_t at = 0; at < parent.size();) {
    size_t end = std::min(parent.find('/', at), parent.size());
    std::string part = parent.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(Concat("cgroup_parent \"", cgroup_parent, "\" must be a plain path"));
    }
    name += part + "/";
  }
  return name + pod_id;
}

}  // namespace jobpod
