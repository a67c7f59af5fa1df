#include "test/harness/configs.hpp"

#include "base/id.hpp"

namespace jobpod::test {

cri::PodSandboxConfig HostProcessPod(const std::string& name, const std::string& log_directory) {
  cri::PodSandboxConfig pod;
  pod.mutable_metadata()->set_name(name);
  pod.mutable_metadata()->set_namespace_("test");
  pod.mutable_metadata()->set_uid(NewId().substr(0, 32));
  pod.set_log_directory(log_directory);
  auto& security = *pod.mutable_linux()->mutable_security_context();
  security.set_privileged(true);
  security.mutable_namespace_options()->set_network(cri::NODE);
  pod.mutable_windows()->mutable_security_context()->set_host_process(true);
  return pod;
}

cri::ContainerConfig HostProcessContainer(const std::string& name, const std::string& image,
                                          const std::vector<std::string>& command) {
  cri::ContainerConfig container;
  container.mutable_metadata()->set_name(name);
  container.mutable_image()->set_image(image);
  for (const std::string& word : command) container.add_command(word);
  container.set_log_path(name + ".log");
  container.mutable_linux()->mutable_security_context()->set_privileged(true);
  container.mutable_windows()->mutable_security_context()->set_host_process(true);
  return container;
}

cri::ContainerConfig Script(const std::string& image, const std::string& script) {
  return HostProcessContainer("main", image, {kBusybox, "sh", "-c", script});
}

cri::Mount* AddMount(cri::ContainerConfig& container, const std::string& host_path,
                     const std::string& container_path, bool readonly) {
  cri::Mount* mount = container.add_mounts();
  mount->set_host_path(host_path);
  mount->set_container_path(container_path);
  mount->set_readonly(readonly);
  return mount;
}

void AddVariable(cri::ContainerConfig& container, const std::string& name, const std::string& value) {
  cri::KeyValue* variable = container.add_envs();
  variable->set_key(name);
  variable->set_value(value);
}

}  // namespace jobpod::test
