#include "test/bench/peer.hpp"

#include <signal.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "test/harness/daemon.hpp"
#include "test/harness/host.hpp"

namespace jobpod::bench {
namespace {

class Jobpod : public Peer {
 public:
  std::string name() const override { return "jobpod"; }
  std::string address() const override { return daemon_.address(); }
  pid_t daemon() const override { return daemon_.pid(); }
  std::vector<pid_t> shims() const override { return daemon_.Shims(); }
  std::string busybox() const override { return "$CONTAINER_SANDBOX_MOUNT_POINT/bin/busybox"; }
  std::string logs() const override { return daemon_.logs(); }
  void Restart() override {
    daemon_.Kill();
    daemon_.Launch();
  }

 private:
  test::Daemon daemon_;
};

class Containerd : public Peer {
 public:
  explicit Containerd(const test::Registry& registry) {
    mkdir(logs().c_str(), 0755);
    test::Spill(directory_ / "config.toml", Configuration(registry.Reference("pause")));
    Launch();
    if (!test::CriClient(address()).Connects(test::Milliseconds(30'000)))
      test::SetUpFailed("containerd did not start:\n" + test::Slurp(directory_ / "log"));
  }

  ~Containerd() override {
    process_.Signal(SIGTERM);
    process_.Wait(test::Milliseconds(10'000));
    for (const pid_t shim : shims()) kill(shim, SIGKILL);
  }

  std::string name() const override { return "containerd"; }
  std::string address() const override { return "unix://" + Socket(); }
  pid_t daemon() const override { return process_.pid(); }
  std::vector<pid_t> shims() const override { return test::ProcessesWith("containerd-shim", Socket()); }
  std::string busybox() const override { return "/bin/busybox"; }
  std::string logs() const override { return directory_ / "pods"; }
  void Restart() override {
    process_.Kill();
    Launch();
  }

 private:
  void Launch() {
    process_ = test::Process({"containerd", "--config", directory_ / "config.toml"}, directory_ / "log");
  }

  std::string Socket() const { return directory_ / "c.sock"; }

  // restrict_oom_score_adj: root may lack CAP_SYS_RESOURCE, as in the machines of a CI.
  std::string Configuration(const std::string& pause) const {
    return Concat("version = 2\nroot = \"", directory_ / "root", "\"\nstate = \"", directory_ / "state",
                  "\"\n[debug]\nlevel = \"error\"\n[grpc]\naddress = \"", Socket(),
                  "\"\n[ttrpc]\naddress = \"", directory_ / "t.sock",
                  "\"\n[plugins.\"io.containerd.grpc.v1.cri\"]\nrestrict_oom_score_adj = true\n",
                  "stream_server_port = \"0\"\nsandbox_image = \"", pause,
                  "\"\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]\nsnapshotter = \"overlayfs\"\n",
                  "[plugins.\"io.containerd.grpc.v1.cri\".cni]\nconf_dir = \"", directory_ / "cni",
                  "\"\nbin_dir = \"", directory_ / "cni", "\"\n");
  }

  test::TemporaryDirectory directory_;
  test::Process process_;
};

}  // namespace

std::unique_ptr<Peer> MakeJobpod() {
  return std::make_unique<Jobpod>();
}

std::unique_ptr<Peer> MakeContainerd(const test::Registry& registry) {
  return std::make_unique<Containerd>(registry);
}

}  // namespace jobpod::bench
