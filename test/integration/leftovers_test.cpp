// Removing everything leaves nothing on the host.
#include <filesystem>

#include "base/text.hpp"
#include "test/integration/leftovers.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {

TEST_CASE("nothing is left: no process, cgroup, mount, stub, state, layer or row") {
  Daemon daemon;
  const Leftovers leftovers(daemon);
  std::set<std::string> ids;
  TemporaryDirectory volume;
  Spill(volume / "file", "x");
  const std::string target = Concat("/mnt/jobpod-left-", getpid(), "/deep/target");
  for (const char* handler : {"", "hostprocess", "hostprocess-link"}) {
    const cri::PodSandboxConfig config = HostProcessPod("left", Concat(daemon.logs(), "/left", handler));
    const std::string pod = daemon.client().RunPod(config, handler);
    ids.insert(pod);
    for (int i = 0; i < 2; ++i) {
      cri::ContainerConfig container = Busybox("(setsid sleep 900 &); exec sleep 1000", daemon);
      container.mutable_metadata()->set_name(Concat("c", i));
      AddMount(container, volume.path(), target);
      const std::string id = daemon.client().Create(pod, config, container);
      ids.insert(id);
      if (i == 0) daemon.client().Start(id);
      if (i == 0) daemon.client().Exec(id, {kBusybox, "true"});
    }
  }
  std::set<std::string> parents;  // the cgroups that hold all pods of this daemon
  for (const std::string& id : ids)
    for (const std::string& cgroup : CgroupsWith(id)) parents.insert(cgroup.substr(0, cgroup.find("/" + id)));
  daemon.Restart();
  CHECK(daemon.RemoveEverything().empty());
  CHECK(daemon.Terminate());
  Eventually([&] { return leftovers.Found(ids).empty(); }, Milliseconds(5'000));
  for (const std::string& left : leftovers.Found(ids)) FAIL_CHECK(left);
  CHECK(!std::filesystem::exists(Concat("/mnt/jobpod-left-", getpid())));
  for (const std::string& parent : parents)
    if (parent.find("jobpod") != std::string::npos && std::filesystem::exists(parent)) FAIL_CHECK(parent);
  daemon.Start();
}

}  // namespace jobpod::test
