// image_bench [--quick] [--only NAME]: pulls the same images from the same loopback registry with Jobpod, with Debian's
// containerd and with skopeo and umoci, in turn; prints medians and ratios. Ends with 1 when a target is missed.
// Works in /dev/shm unless TMPDIR says otherwise: a slow disk measures its own writing.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "base/text.hpp"
#include "image/decompress.hpp"
#include "image/hash_ring.hpp"
#include "image/import_source.hpp"
#include "image/layer_stream.hpp"
#include "image/layer_unpack.hpp"
#include "test/bench/peer.hpp"
#include "test/bench/workload.hpp"
#include "test/harness/host.hpp"

namespace jobpod::bench {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Something that brings an image to disk, unpacked.
class Puller {
 public:
  virtual ~Puller() = default;
  virtual std::string name() const = 0;
  // Seconds; 0 when it cannot take such an image.
  virtual double Pull(const std::string& reference) = 0;
  virtual void Remove(const std::string& reference) = 0;
};

class CriPuller : public Puller {
 public:
  explicit CriPuller(std::unique_ptr<Peer> peer) : peer_(std::move(peer)), client_(peer_->address()) {}

  std::string name() const override { return peer_->name(); }
  pid_t daemon() const { return peer_->daemon(); }

  double Pull(const std::string& reference) override {
    grpc::ClientContext context;
    cri::PullImageRequest request;
    cri::PullImageResponse response;
    request.mutable_image()->set_image(reference);
    const auto start = Clock::now();
    const grpc::Status status = client_.images().PullImage(&context, request, &response);
    const double took = SecondsSince(start);
    if (!status.ok()) test::SetUpFailed(name() + " cannot pull: " + status.error_message());
    return took;
  }

  double FsInfo() {
    const auto start = Clock::now();
    client_.Call(&cri::ImageService::Stub::ImageFsInfo, cri::ImageFsInfoRequest());
    return SecondsSince(start);
  }

  void Remove(const std::string& reference) override {
    grpc::ClientContext context;
    cri::RemoveImageRequest request;
    cri::RemoveImageResponse response;
    request.mutable_image()->set_image(reference);
    client_.images().RemoveImage(&context, request, &response);
  }

 private:
  std::unique_ptr<Peer> peer_;
  test::CriClient client_;
};

// What people do without a daemon.
class SkopeoAndUmoci : public Puller {
 public:
  std::string name() const override { return "skopeo+umoci"; }

  double Pull(const std::string& reference) override {
    const std::string layout = Concat("oci:", directory_ / "layout", ":x");
    const auto start = Clock::now();
    test::MustRun({"skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", "docker://" + reference, layout});
    const auto unpacked = test::RunCommand(
        {"umoci", "unpack", "--image", directory_ / "layout:x", directory_ / "bundle"}, test::Milliseconds(600'000));
    return unpacked.exit_code == 0 ? SecondsSince(start) : 0;  // umoci refuses what it does not know
  }

  void Remove(const std::string&) override {
    std::filesystem::remove_all(directory_ / "layout");
    std::filesystem::remove_all(directory_ / "bundle");
  }

 private:
  test::TemporaryDirectory directory_;
};

class Report {
 public:
  void Line(const std::string& what, double value, const char* unit, double target, bool at_least) {
    const bool met = at_least ? value >= target : value <= target;
    missed_ += !met;
    std::printf("%-44s %9.2f %-6s %s %s %.2f\n", what.c_str(), value, unit, met ? "met   " : "MISSED",
                at_least ? ">=" : "<=", target);
    std::fflush(stdout);
  }

  void Pulls(const std::string& image, const std::map<std::string, double>& seconds, double target) {
    std::printf("%-20s", image.c_str());
    for (const auto& [name, value] : seconds)
      std::printf("  %s %s", name.c_str(), value > 0 ? Format(value).c_str() : "-");
    std::printf("\n");
    const double ours = seconds.at("jobpod");
    for (const auto& [name, value] : seconds) {
      if (name == "jobpod" || value == 0) continue;
      Line(Concat("  against ", name), value / ours, "times", name == "containerd" ? target : 1, true);
    }
  }
  int missed() const { return missed_; }

 private:
  static std::string Format(double seconds) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3f s", seconds);
    return text;
  }

  int missed_ = 0;
};

void WorkInMemory() {
  std::error_code error;
  const auto space = std::filesystem::space("/dev/shm", error);
  if (std::getenv("TMPDIR") == nullptr && !error && space.available > (6ull << 30)) setenv("TMPDIR", "/dev/shm", 1);
  const char* const parent = std::getenv("TMPDIR");
  std::printf("working below %s\n", parent != nullptr ? parent : "/tmp");
}

uint64_t PeakBytes(pid_t pid) {
  const std::string status = test::Slurp(Concat("/proc/", pid, "/status"));
  const size_t at = status.find("VmHWM:");
  return at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + 6, nullptr, 10) * 1024;
}

ByteSource OpenBlob(const std::string& file) {
  auto source = StreamFile(file);
  if (!source.ok()) test::SetUpFailed(std::string(Message(source.status())));
  return *std::move(source);
}

// Decoded, and the digests of both streams, as for a layer, but nothing is written. In 1e9 bytes of the tar stream.
double DecodedPerSecond(const std::string& file) {
  const ByteSource source = OpenBlob(file);
  UnpackBudget budget({});
  const auto start = Clock::now();
  const auto hasher = HashThread::Start();
  BlobStream blob(source, **hasher, {});
  const auto decoder = MakeGunzip(blob);
  TarStream tar(**decoder, blob, **hasher, budget, {});
  uint64_t total = 0;
  for (size_t got = 1; got > 0; total += got) got = tar.Next().value_or("").size();
  if (blob.Digest().empty() || tar.Digest().empty()) test::SetUpFailed(Concat("cannot hash ", file));
  return static_cast<double>(total) / 1e9 / SecondsSince(start);
}

// In 1e9 bytes of files.
double UnpackedPerSecond(const std::string& file) {
  const test::TemporaryDirectory out;
  const ByteSource source = OpenBlob(file);
  UnpackBudget budget({});
  const auto start = Clock::now();
  const auto result = UnpackLayer(source, out.path(), false, budget, {});
  if (!result.ok()) test::SetUpFailed(std::string(Message(result.status())));
  return static_cast<double>(result->disk_bytes) / 1e9 / SecondsSince(start);
}

class Bench {
 public:
  explicit Bench(bool quick) : rounds_(quick ? 1 : 5) {
    test::MustRun({"python3", JOBPOD_SOURCE_DIR "/test/images/pull_images.py", directory_ / "layout", "small", "big",
                   "twenty"});
    for (const char* image : {"small", "big", "twenty"})
      for (const char* compression : {"gzip", "zstd"})
        registry_.Push(directory_ / "layout", image, Concat(image, "-", compression), "oci", compression);
  }

  void AddPeers(const std::string& only) {
    auto jobpod = std::make_unique<CriPuller>(MakeJobpod());
    jobpod_ = jobpod.get();
    pullers_.push_back(std::move(jobpod));
    if (only == "jobpod") return;
    pullers_.push_back(std::make_unique<CriPuller>(MakeContainerd(registry_)));
    pullers_.push_back(std::make_unique<SkopeoAndUmoci>());
  }

  int Run() {
    for (const char* image : {"small", "big", "twenty"}) {
      Cold(Concat(image, "-gzip"), 2);
      Cold(Concat(image, "-zstd"), 1.5);
    }
    Memory("big-gzip");
    Memory("small-zstd");
    Warm("small-gzip");
    LayerRate("a system's files", HostLayer(), 0.7);
    LayerRate("programs", BlobOf("big-gzip"), 0);
    return report_.missed() > 0 ? 1 : 0;
  }

 private:
  void Cold(const std::string& image, double target) {
    const std::string reference = registry_.Reference(image);
    std::map<std::string, Samples> samples;
    for (int round = 0; round < rounds_; ++round)
      for (const auto& puller : pullers_) {
        samples[puller->name()].Add(puller->Pull(reference));
        puller->Remove(reference);
      }
    std::map<std::string, double> medians;
    for (auto& [name, values] : samples) medians[name] = values.Median();
    report_.Pulls(image, medians, target);
  }

  void Memory(const std::string& image) {
    const uint64_t idle = test::ResidentBytes(jobpod_->daemon());
    test::Spill(Concat("/proc/", jobpod_->daemon(), "/clear_refs"), "5");
    jobpod_->Pull(registry_.Reference(image));
    const uint64_t peak = PeakBytes(jobpod_->daemon());
    jobpod_->Remove(registry_.Reference(image));
    report_.Line(Concat("memory above idle, pull of ", image),
                 static_cast<double>(peak - std::min(peak, idle)) / 1048576, "MiB", 64, false);
  }

  void Warm(const std::string& image) {
    const std::string reference = registry_.Reference(image);
    jobpod_->Pull(reference);
    Samples samples;
    for (int i = 0; i < 4 * rounds_; ++i) samples.Add(jobpod_->Pull(reference) * 1000);
    report_.Line("pull of a present image, p50", samples.Median(), "ms", 5, false);
    Samples questions;
    for (int i = 0; i < 20 * rounds_; ++i) questions.Add(jobpod_->FsInfo() * 1000);
    report_.Line("ImageFsInfo with 30,000 files, p50", questions.Median(), "ms", 1, false);
    jobpod_->Remove(reference);
  }

  std::string BlobOf(const std::string& image) {
    const std::string manifest = test::Slurp(registry_.BlobFile(registry_.ManifestDigest(image)));
    return registry_.BlobFile(manifest.substr(manifest.find("sha256:", manifest.find("\"layers\"")), 71));
  }

  std::string HostLayer() {
    const std::string file = directory_ / "host.tar";
    test::MustRun({JOBPOD_SOURCE_DIR "/test/bench/host-layer", file});
    test::MustRun({"gzip", "-6", file});
    return file + ".gz";
  }

  // One layer without registry and daemon; unpacking it is bound by the file system, too.
  void LayerRate(const std::string& what, const std::string& file, double target) {
    Samples decoded, unpacked;
    for (int round = 0; round < rounds_; ++round) {
      decoded.Add(DecodedPerSecond(file));
      unpacked.Add(UnpackedPerSecond(file));
    }
    const std::string line = Concat("one gzip layer of ", what, ", decoded");
    if (target > 0) {
      report_.Line(line, decoded.Median(), "GB/s", target, true);
    } else {
      std::printf("%-44s %9.2f GB/s\n", line.c_str(), decoded.Median());
    }
    std::printf("%-44s %9.2f GB/s\n", "  unpacked into files here", unpacked.Median());
  }

  const int rounds_;
  test::TemporaryDirectory directory_;
  test::Registry registry_;
  std::vector<std::unique_ptr<Puller>> pullers_;
  CriPuller* jobpod_ = nullptr;
  Report report_;
};

}  // namespace
}  // namespace jobpod::bench

int main(int argc, char** argv) {
  bool quick = false;
  std::string only;
  CLI::App app("The same pulls with Jobpod, containerd and skopeo + umoci");
  app.add_flag("--quick", quick, "one round");
  app.add_option("--only", only, "jobpod: without the others")->check(CLI::IsMember({"jobpod"}));
  CLI11_PARSE(app, argc, argv);
  try {
    jobpod::bench::WorkInMemory();
    jobpod::bench::Bench bench(quick);
    bench.AddPeers(only);
    return bench.Run();
  } catch (const std::exception& error) {
    std::cerr << "image_bench: " << error.what() << "\n";
    return 2;
  }
}
