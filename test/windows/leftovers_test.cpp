// Removing everything leaves nothing on the host.
#include "test/windows/leftovers.hpp"

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {

TEST_CASE("nothing is left: no process, link, state, layer or row") {
  Daemon daemon;
  TemporaryDirectory volume;
  Spill(volume / "file", "x");
  std::set<std::string> ids;
  std::vector<pid_t> pids;
  for (int number = 0; number < 2; ++number) {
    const cri::PodSandboxConfig config = HostProcessPod("left", Concat(daemon.logs(), "\\left", number));
    const std::string pod = daemon.client().RunPod(config);
    ids.insert(pod);
    for (int i = 0; i < 2; ++i) {
      cri::ContainerConfig container = Does(Concat("tell ", volume / "born", " + detach deaf ++ tell ",
                                                   volume / "born", " ++ sleep + sleep"), daemon);
      container.mutable_metadata()->set_name(Concat("c", i));
      AddMount(container, volume.path(), "/data");
      AddMount(container, volume / "file", "/dev/termination-log");
      const std::string id = daemon.client().Create(pod, config, container);
      ids.insert(id);
      if (i == 0) daemon.client().Start(id);
    }
  }
  REQUIRE(Eventually([&] { return Children(Slurp(volume / "born")).size() == 4; }));
  pids = Children(Slurp(volume / "born"));
  for (const pid_t shim : daemon.Shims()) pids.push_back(shim);
  CHECK(pids.size() == 6);
  daemon.Restart();
  for (const std::string& problem : daemon.RemoveEverything()) FAIL_CHECK(problem);
  CHECK(Eventually([&] { return !AnyAlive(pids); }));
  CHECK(daemon.Terminate());
  Eventually([&] { return Leftovers(daemon, ids).empty(); }, Milliseconds(5'000));
  for (const std::string& left : Leftovers(daemon, ids)) FAIL_CHECK(left);
  CHECK(Slurp(volume / "file") == "x");
  daemon.Start();
}

}  // namespace jobpod::test
