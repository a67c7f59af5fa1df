#include "runtime/isolation.hpp"

#include "base/file.hpp"
#include "runtime/capabilities.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxProfile = 1u << 20;

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& field) {
  return {field.begin(), field.end()};
}

StatusOr<SeccompProgram> ComposeSeccomp(const SeccompProfile& profile, CapabilitySet capabilities,
                                        DefaultSeccompCache& cache) {
  if (profile.kind() == SeccompProfile::UNCONFINED) return SeccompProgram();
  if (profile.kind() == SeccompProfile::RUNTIME_DEFAULT) return cache.Get(capabilities);
  StatusOr<std::string> json = ReadFile(profile.path(), kMaxProfile);
  if (!json.ok()) return Annotate(json.status(), "linux.security_context.seccomp: the local profile");
  return CompileSeccomp(*json, profile.path());
}

}  // namespace

StatusOr<Isolation> ComposeIsolation(const PodSpec& pod, const SecuritySpec& security,
                                     DefaultSeccompCache& cache) {
  CapabilityRequest request{security.privileged(), Strings(security.add_capabilities()),
                            Strings(security.drop_capabilities()), Strings(security.ambient_capabilities())};
  ASSIGN_OR_RETURN(Capabilities capabilities, ChooseCapabilities(request, OwnCapabilities()));
  ASSIGN_OR_RETURN(SeccompProgram seccomp, ComposeSeccomp(security.seccomp(), capabilities.kept, cache));
  Isolation isolation;
  isolation.set_pid(security.pid());
  isolation.set_pid_target(security.pid_target());
  isolation.set_ipc(security.ipc());
  isolation.set_hostname(pod.hostname());
  isolation.set_capabilities(capabilities.kept);
  isolation.set_ambient_capabilities(capabilities.ambient);
  isolation.set_seccomp(seccomp.filter);
  isolation.set_seccomp_flags(seccomp.flags);
  return isolation;
}

void DescribeImageRoot(const SecuritySpec& security, ImageRoot& root) {
  root.set_readonly(security.readonly_rootfs());
  root.set_host_devices(security.privileged());
  root.set_writable_system(security.privileged());
  *root.mutable_devices() = security.devices();
  *root.mutable_masked_paths() = security.masked_paths();
  *root.mutable_readonly_paths() = security.readonly_paths();
  root.set_host_ipc(security.ipc() == NAMESPACE_HOST);
  root.set_pod_ipc(security.ipc() == NAMESPACE_POD);
}

}  // namespace jobpod
