#include "cri/admission.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

using Catch::Matchers::Contains;

cri::PodSandboxConfig Pod(bool host_process, cri::NamespaceMode network) {
  cri::PodSandboxConfig config;
  config.mutable_metadata()->set_name("web");
  config.mutable_metadata()->set_namespace_("default");
  config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_network(network);
  config.mutable_windows()->mutable_security_context()->set_host_process(host_process);
  return config;
}

std::string Refusal(const Status& status) {
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(Message(status));
}

TEST_CASE("who is admitted, in which layout, at which level") {
  const auto kinds = GENERATE(AdmitLevel::kHostProcess, AdmitLevel::kHostNetwork, AdmitLevel::kAll);
  struct Case {
    bool host_process;
    cri::NamespaceMode network;
    std::string handler;
    std::string layout;   // empty: refused
    std::string refusal;  // a part of it
  };
  const std::string of_network = kinds == AdmitLevel::kHostProcess ? "" : "image-root";
  const std::string of_other = kinds == AdmitLevel::kAll ? "image-root" : "";
  const std::string refused =
      kinds == AdmitLevel::kHostProcess ? "pods.admit is host-process" : "pods.admit is host-network";
  const std::vector<Case> cases = {
      {true, cri::NODE, "", "hostprocess", ""},
      {true, cri::POD, "", "hostprocess", ""},
      {true, cri::NODE, "hostprocess", "hostprocess", ""},
      {true, cri::NODE, "hostprocess-link", "hostprocess-link", ""},
      {false, cri::NODE, "hostprocess", "hostprocess", ""},
      {false, cri::NODE, "hostprocess-link", "hostprocess-link", ""},
      {false, cri::POD, "hostprocess", "", "namespace_options.network to NODE"},
      {false, cri::NODE, "", of_network, refused},
      {false, cri::NODE, "image-root", of_network, refused},
      {false, cri::POD, "", of_other, refused},
      {false, cri::POD, "image-root", of_other, refused},
      {true, cri::NODE, "image-root", "", "windows.security_context.host_process"},
      {true, cri::NODE, "kata", "", "runtime handler \"kata\" is not known"},
  };
  for (const auto& c : cases) {
    INFO(c.handler << " host_process=" << c.host_process << " network=" << c.network);
    const auto layout = AdmitPod(kinds, Pod(c.host_process, c.network), c.handler);
    if (c.layout.empty()) {
      CHECK_THAT(Refusal(layout.status()), Contains(c.refusal));
    } else {
      REQUIRE(layout.ok());
      CHECK(*layout == c.layout);
    }
  }
}

TEST_CASE("a refusal says what to write into the pod's manifest") {
  const auto refusal = [](AdmitLevel level, const std::string& handler) {
    return Refusal(AdmitPod(level, Pod(false, cri::POD), handler).status());
  };
  CHECK_THAT(refusal(AdmitLevel::kHostProcess, ""), Contains("manifest: runtimeClassName") &&
                                                        Contains("hostNetwork: true") &&
                                                        Contains("privileged: true"));
  CHECK_THAT(refusal(AdmitLevel::kHostNetwork, ""), Contains("manifest: hostNetwork: true"));
  CHECK_THAT(refusal(AdmitLevel::kAll, "hostprocess"), Contains("manifest: hostNetwork: true"));
}

TEST_CASE("the default handler is for privileged host-network pods that name none") {
  const auto handler = [](bool host_process, cri::NamespaceMode network, bool privileged, const char* named) {
    auto config = Pod(host_process, network);
    config.mutable_linux()->mutable_security_context()->set_privileged(privileged);
    return HandlerInForce(config, named, "hostprocess-link");
  };
  CHECK(handler(false, cri::NODE, true, "") == "hostprocess-link");
  CHECK(handler(false, cri::NODE, true, "image-root") == "image-root");
  CHECK(handler(false, cri::NODE, false, "") == "");
  CHECK(handler(false, cri::POD, true, "") == "");
  CHECK(handler(true, cri::NODE, true, "") == "");
}

TEST_CASE("what cannot be given and matters is refused for a pod") {
  const auto refusal = [](const std::function<void(cri::PodSandboxConfig&)>& change) {
    auto config = Pod(true, cri::NODE);
    change(config);
    return Refusal(AdmitPod(AdmitLevel::kAll, config, "").status());
  };
  const auto security = [](cri::PodSandboxConfig& c) {
    return c.mutable_linux()->mutable_security_context();
  };
  CHECK_THAT(refusal([&](auto& c) { security(c)->mutable_namespace_options()->mutable_userns_options(); }),
             Contains("userns_options.mode to NODE"));
  CHECK_THAT(refusal([&](auto& c) { security(c)->mutable_run_as_group()->set_value(5); }),
             Contains("run_as_group needs run_as_user"));
  CHECK_THAT(refusal([&](auto& c) {
               security(c)->mutable_seccomp()->set_profile_type(cri::SecurityProfile::Localhost);
             }),
             Contains("security_context.seccomp"));
  CHECK_THAT(refusal([](auto& c) { (*c.mutable_linux()->mutable_sysctls())["kernel.shmmax"] = "1"; }),
             Contains("kernel.shmmax"));
  CHECK_THAT(
      refusal([](auto& c) { c.mutable_windows()->mutable_security_context()->set_credential_spec("{}"); }),
      Contains("credential_spec"));
}

TEST_CASE("a user namespace of the node is none") {
  auto config = Pod(true, cri::NODE);
  auto* options = config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
  options->mutable_userns_options()->set_mode(cri::NODE);
  CHECK(AdmitPod(AdmitLevel::kHostProcess, config, "").ok());
}

TEST_CASE("every container must say for itself that it owns the node") {
  cri::ContainerConfig plain, privileged, host_process;
  plain.mutable_metadata()->set_name("side");
  privileged.mutable_linux()->mutable_security_context()->set_privileged(true);
  host_process.mutable_windows()->mutable_security_context()->set_host_process(true);
  auto by_handler = Pod(false, cri::NODE);
  by_handler.mutable_linux()->mutable_security_context()->set_privileged(true);  // some container is
  for (const auto& pod : {Pod(true, cri::NODE), by_handler}) {
    CHECK(AdmitContainer(pod, privileged).ok());
    CHECK(AdmitContainer(pod, host_process).ok());
  }
  CHECK_THAT(Refusal(AdmitContainer(Pod(true, cri::NODE), plain)),
             Contains("pod spec and all containers inside must have the HostProcess field set to be valid"));
  CHECK_THAT(Refusal(AdmitContainer(by_handler, plain)), Contains("linux.security_context.privileged"));
}

TEST_CASE("what cannot be given and matters is refused for a container") {
  const auto refusal = [](const std::function<void(cri::ContainerConfig&)>& change) {
    cri::ContainerConfig config;
    config.mutable_windows()->mutable_security_context()->set_host_process(true);
    change(config);
    return Refusal(AdmitContainer(Pod(true, cri::NODE), config));
  };
  const auto security = [](cri::ContainerConfig& c) { return c.mutable_linux()->mutable_security_context(); };
  CHECK_THAT(refusal([&](auto& c) { security(c)->mutable_run_as_group()->set_value(5); }),
             Contains("run_as_user or run_as_username"));
  CHECK_THAT(refusal([&](auto& c) {
               security(c)->mutable_run_as_user()->set_value(5);
               security(c)->set_run_as_username("www");
             }),
             Contains("exclude each other"));
  CHECK_THAT(refusal([](auto& c) { c.add_mounts()->set_recursive_read_only(true); }),
             Contains("RROUnsupported"));
  CHECK_THAT(refusal([](auto& c) { c.add_mounts()->add_uidmappings(); }), Contains("uidMappings"));
  CHECK_THAT(refusal([](auto& c) { c.add_mounts()->add_mount_options("noexec"); }),
             Contains("mount_options"));
  CHECK_THAT(refusal([](auto& c) { c.add_cdi_devices()->set_name("vendor.com/gpu=0"); }), Contains("CDI"));
  CHECK_THAT(refusal([&](auto& c) {
               security(c)->mutable_namespace_options()->mutable_userns_options()->set_mode(cri::POD);
             }),
             Contains("userns_options"));
}

TEST_CASE("what an image-root container cannot be given is refused") {
  const auto refusal = [](const std::function<void(cri::ContainerConfig&)>& change) {
    cri::ContainerConfig config;
    change(config);
    return Refusal(AdmitImageRootContainer(config));
  };
  const auto security = [](cri::ContainerConfig& c) { return c.mutable_linux()->mutable_security_context(); };
  CHECK_THAT(
      refusal([](auto& c) { c.mutable_windows()->mutable_security_context()->set_host_process(true); }),
      Contains("HostProcess"));
  CHECK_THAT(refusal([&](auto& c) {
               security(c)->mutable_apparmor()->set_profile_type(cri::SecurityProfile::Localhost);
               security(c)->mutable_apparmor()->set_localhost_ref("strict");
             }),
             Contains("\"strict\""));
  CHECK_THAT(refusal([](auto& c) { c.add_mounts()->set_recursive_read_only(true); }), Contains("readonly"));
  CHECK_THAT(refusal([](auto& c) {
               auto* mount = c.add_mounts();
               mount->set_recursive_read_only(true);
               mount->set_readonly(true);
               mount->set_propagation(cri::PROPAGATION_HOST_TO_CONTAINER);
             }),
             Contains("PROPAGATION_PRIVATE"));
  cri::ContainerConfig routine;
  security(routine)->add_masked_paths("/proc/kcore");
  security(routine)->mutable_seccomp()->set_profile_type(cri::SecurityProfile::Localhost);
  security(routine)->mutable_apparmor()->set_profile_type(cri::SecurityProfile::RuntimeDefault);
  CHECK(AdmitImageRootContainer(routine).ok());
  CHECK(NotAppliedInImageRoot(routine).size() == 1);
}

TEST_CASE("kubelet's routine defaults are admitted and reported as not applied") {
  cri::ContainerConfig config;
  auto* security = config.mutable_linux()->mutable_security_context();
  security->set_privileged(true);
  security->add_masked_paths("/proc/kcore");
  security->mutable_seccomp()->set_profile_type(cri::SecurityProfile::RuntimeDefault);
  CHECK(AdmitContainer(Pod(true, cri::NODE), config).ok());
  CHECK(NotApplied(config).size() == 2);
  CHECK(NotApplied(cri::ContainerConfig()).empty());
  auto pod = Pod(true, cri::NODE);
  CHECK(NotApplied(pod).empty());
  pod.set_hostname("other");
  CHECK(NotApplied(pod).size() == 1);
}

}  // namespace
}  // namespace jobpod
