// Pods whose containers have their image as root: what shuts them in, and the files they find below /etc where kubelet
// gives them none.
#include <array>
#include <filesystem>

#include "base/file.hpp"
#include "network/resolver.hpp"
#include "runtime/hostname.hpp"
#include "runtime/isolation.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

constexpr std::array kNames = {"hosts", "hostname", "resolv.conf"};
constexpr size_t kMaxFile = 1u << 20;

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& field) {
  return {field.begin(), field.end()};
}

std::string ResolverTextOf(const PodSpec& spec) {
  if (!spec.has_resolver()) return ReadFile("/etc/resolv.conf", kMaxFile).value_or("");
  const Resolver& resolver = spec.resolver();
  return ResolverText(
      {Strings(resolver.servers()), Strings(resolver.searches()), Strings(resolver.options())});
}

bool IsAskedFor(const std::string& target, const ContainerSpec& spec) {
  for (const VolumeSpec& volume : spec.volumes()) {
    if (std::filesystem::path(volume.container_path()).lexically_normal() == target) return true;
  }
  return false;
}

}  // namespace

Status Manager::CheckPod(const PodSpec&) const {
  return absl::OkStatus();
}

Status Manager::WritePodFiles(const PodRecord& pod) const {
  if (pod.spec().layout() != "image-root") return absl::OkStatus();
  std::string directory = Concat(StateDirectory(pod.id()), "/etc");
  RETURN_IF_ERROR(MakeDirectories(directory, 0755));
  auto write = [&](const char* name, const std::string& content) {
    return WriteFileAtomic(Concat(directory, "/", name), content, 0644);
  };
  RETURN_IF_ERROR(write("hosts", ReadFile("/etc/hosts", kMaxFile).value_or("")));
  RETURN_IF_ERROR(write("hostname", HostnameOf(pod.spec()) + "\n"));
  return write("resolv.conf", ResolverTextOf(pod.spec()));
}

StatusOr<MountList> Manager::PrepareImageRoot(const PodRecord& pod, const ContainerSpec& spec,
                                              VolumesRequest request) {
  for (const char* name : kNames) {
    VolumeRequest volume;
    volume.host_path = Concat(StateDirectory(pod.id()), "/etc/", name);
    volume.container_path = Concat("/etc/", name);
    volume.readonly = spec.security().readonly_rootfs();
    if (!IsAskedFor(volume.container_path, spec)) request.volumes.push_back(std::move(volume));
  }
  ASSIGN_OR_RETURN(MountList mounts, volumes_.Prepare(request));
  DescribeImageRoot(spec.security(), *mounts.mutable_image_root());
  return mounts;
}

Status Manager::IsolateImageRoot(const PodSpec& pod, const ContainerSpec& spec, LaunchPlan& plan) {
  ASSIGN_OR_RETURN(*plan.mutable_isolation(), ComposeIsolation(pod, spec.security(), seccomp_));
  return absl::OkStatus();
}

}  // namespace jobpod
