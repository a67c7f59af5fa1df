#include "test/harness/configs.hpp"

#include "base/id.hpp"

namespace jobpod::test {

cri::PodSandboxConfig HostProcessPod(const std::string& name, const std::string& log_directory) {
  cri::PodSandboxConfig pod;
  pod.mutable_metadata()->set_name(name);
  pod.mutable_metadata()->set_namespace_("test");
  pod.mutable_metadata()->set_uid(NewId().substr(0, 32));
  pod.set_log_directory(log_directory);
  pod.mutable_windows()->mutable_security_context()->set_host_process(true);
  AskForHost(pod);
  return pod;
}

cri::ContainerConfig HostProcessContainer(const std::string& name, const std::string& image,
                                          const std::vector<std::string>& command) {
  cri::ContainerConfig container;
  container.mutable_metadata()->set_name(name);
  container.mutable_image()->set_image(image);
  for (const std::string& word : command) container.add_command(word);
  container.set_log_path(name + ".log");
  container.mutable_windows()->mutable_security_context()->set_host_process(true);
  AskForHost(container);
  return container;
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
