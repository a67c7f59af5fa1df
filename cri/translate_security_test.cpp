#include <catch2/catch.hpp>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

using Catch::Matchers::Contains;

cri::LinuxContainerSecurityContext& Security(cri::ContainerConfig& config) {
  return *config.mutable_linux()->mutable_security_context();
}

PodSpec Pod(NamespaceScope scope) {
  PodSpec pod;
  pod.set_pid(scope);
  pod.set_ipc(scope);
  return pod;
}

}  // namespace

TEST_CASE("the pod's namespaces are the container's as far as the pod has them") {
  cri::ContainerConfig config;
  CHECK(TranslateSecurity(config, Pod(NAMESPACE_POD))->pid() == NAMESPACE_POD);
  CHECK(TranslateSecurity(config, Pod(NAMESPACE_HOST))->ipc() == NAMESPACE_HOST);
  CHECK(TranslateSecurity(config, Pod(NAMESPACE_CONTAINER))->pid() == NAMESPACE_CONTAINER);
  Security(config).mutable_namespace_options()->set_pid(cri::CONTAINER);
  CHECK(TranslateSecurity(config, Pod(NAMESPACE_POD))->pid() == NAMESPACE_CONTAINER);
  Security(config).mutable_namespace_options()->set_pid(cri::NODE);
  CHECK(TranslateSecurity(config, Pod(NAMESPACE_POD))->pid() == NAMESPACE_HOST);
}

TEST_CASE("seccomp by its new field, by its old one, and none for a privileged container") {
  cri::ContainerConfig config;
  const auto kind = [&] { return TranslateSecurity(config, PodSpec())->seccomp().kind(); };
  CHECK(kind() == SeccompProfile::UNCONFINED);
  Security(config).set_seccomp_profile_path("runtime/default");
  CHECK(kind() == SeccompProfile::RUNTIME_DEFAULT);
  Security(config).set_seccomp_profile_path("localhost//etc/p.json");
  CHECK(TranslateSecurity(config, PodSpec())->seccomp().path() == "/etc/p.json");
  Security(config).mutable_seccomp()->set_profile_type(cri::SecurityProfile::Unconfined);
  CHECK(kind() == SeccompProfile::UNCONFINED);
  Security(config).mutable_seccomp()->set_profile_type(cri::SecurityProfile::Localhost);
  Security(config).mutable_seccomp()->set_localhost_ref("relative.json");
  CHECK_THAT(std::string(Message(TranslateSecurity(config, PodSpec()).status())), Contains("relative.json"));
  Security(config).set_privileged(true);
  CHECK(kind() == SeccompProfile::UNCONFINED);
}

TEST_CASE("paths and devices must be absolute; a privileged container has no masked ones") {
  cri::ContainerConfig config;
  Security(config).add_masked_paths("/proc/kcore");
  CHECK(TranslateSecurity(config, PodSpec())->masked_paths_size() == 1);
  Security(config).add_readonly_paths("proc");
  CHECK(absl::IsInvalidArgument(TranslateSecurity(config, PodSpec()).status()));
  Security(config).set_privileged(true);
  CHECK(TranslateSecurity(config, PodSpec())->masked_paths_size() == 0);
  config.add_devices()->set_host_path("/dev/fuse");
  CHECK(TranslateSecurity(config, PodSpec())->devices(0).path() == "/dev/fuse");
  config.add_devices()->set_host_path("fuse");
  CHECK(absl::IsInvalidArgument(TranslateSecurity(config, PodSpec()).status()));
}

}  // namespace jobpod
