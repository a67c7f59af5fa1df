// pull_kill [--pulls N] [--seed N]: kills the daemon in the middle of N pulls of images that share layers. After every
// kill the next daemon's store must hold whole layers and true blobs only, nothing that belongs to nobody, and count
// its space rightly; in the end everything can be pulled, and removing gives all the space back. Ends with 1 when
// something was wrong.
#include <openssl/evp.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "test/harness/daemon.hpp"
#include "test/harness/registry.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Images = cri::ImageService::Stub;

constexpr int kImages = 4;

std::string Sha256(const std::string& bytes) {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), raw, &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    char text[3];
    std::snprintf(text, sizeof(text), "%02x", raw[i]);
    out += text;
  }
  return out;
}

// Names, kinds, owners, modes, times and content of a tree, as one digest.
std::string Fingerprint(const fs::path& tree) {
  std::map<std::string, std::string> entries;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    struct stat info {};
    if (lstat(entry.path().c_str(), &info) != 0) SetUpFailed("lstat " + entry.path().string());
    std::string text = Concat(info.st_mode, " ", info.st_uid, " ", info.st_gid, " ", info.st_mtime, " ");
    if (S_ISREG(info.st_mode)) text += Sha256(Slurp(entry.path()));
    entries[entry.path().lexically_relative(tree)] = text;
  }
  std::string all;
  for (const auto& [name, text] : entries) all += Concat(name, " ", text, "\n");
  return Sha256(all);
}

struct Store {
  std::map<std::string, std::string> layers;  // directory → fingerprint
  std::set<std::string> blobs, odd;
};

Store Read(const Daemon& daemon) {
  Store store;
  const fs::path root = daemon.directory() + "/root/images";
  for (const auto& entry : fs::directory_iterator(root / "layers")) {
    const std::string name = entry.path().filename();
    const bool note = name.ends_with(".layer") && fs::is_directory(entry.path().parent_path() / entry.path().stem());
    if (!note && (name.starts_with('.') || !entry.is_directory())) store.odd.insert("layers/" + name);
    if (entry.is_directory()) store.layers[name] = Fingerprint(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(root / "blobs/sha256")) {
    const std::string name = entry.path().filename();
    store.blobs.insert(name);
    if (Sha256(Slurp(entry.path())) != name) store.odd.insert("blobs/sha256/" + name);
  }
  return store;
}

class PullKill {
 public:
  explicit PullKill(unsigned seed) : chance_(seed) {
    std::vector<std::string> make = {"python3", JOBPOD_SOURCE_DIR "/test/images/pull_images.py", directory_ / "layout"};
    for (int i = 0; i < kImages; ++i) make.push_back(Concat("kill-", i));
    MustRun(make);
    for (int i = 0; i < kImages; ++i) registry_.Push(directory_ / "layout", Concat("kill-", i), "", "oci", "gzip");
    const auto start = Clock::now();
    PullAll();
    pull_time_ = std::chrono::duration_cast<Milliseconds>(Clock::now() - start) / kImages;
    truth_ = Read(daemon_);
    for (const auto& odd : truth_.odd) Check(false, "left by whole pulls: " + odd);
    Check(truth_.layers.size() == kImages + 3, Concat(kImages + 3, " layers, not ", truth_.layers.size()));
    RemoveAll();
  }

  int Run(int pulls) {
    int broken = 0;
    for (int i = 0; i < pulls; ++i) {
      broken += KillInPull() ? 1 : 0;
      Verify();
      // Half of the kills meet layers of earlier pulls, half an empty store.
      if (chance_() % 2 == 0) RemoveAll();
    }
    PullAll();
    const Store whole = Read(daemon_);
    CheckLayers(whole);
    Check(whole.layers.size() == truth_.layers.size() && whole.blobs == truth_.blobs, "every image at the end");
    RemoveAll();
    std::printf("%d kills, %d of them before the pull had answered; %d complaints\n", pulls, broken, complaints_);
    Check(broken > 0 || pulls == 0, "at least one kill in the middle of a pull");
    return complaints_ == 0 ? 0 : 1;
  }

 private:
  void Check(bool holds, const std::string& what) {
    if (holds) return;
    ++complaints_;
    std::printf("WRONG: %s\n%s\n", what.c_str(), daemon_.LogTail(10).c_str());
  }

  std::string Name(unsigned image) const { return registry_.Reference(Concat("kill-", image % kImages)); }

  void PullAll() {
    for (unsigned i = 0; i < kImages; ++i) daemon_.client().Pull(Name(i));
  }

  void RemoveAll() {
    const auto list = daemon_.client().Call(&Images::ListImages, cri::ListImagesRequest());
    for (const auto& image : list.images()) {
      cri::RemoveImageRequest request;
      request.mutable_image()->set_image(image.id());
      daemon_.client().Call(&Images::RemoveImage, request);
    }
    const Store empty = Read(daemon_);
    Check(empty.layers.empty() && empty.blobs.empty() && empty.odd.empty(), "an empty store after removing");
    Check(Used() == 0, Concat("no space in use after removing, but ", Used(), " bytes"));
  }

  uint64_t Used() {
    const auto info = daemon_.client().Call(&Images::ImageFsInfo, cri::ImageFsInfoRequest());
    return info.image_filesystems(0).used_bytes().value();
  }

  // Whether the pull had no answer when the daemon died.
  bool KillInPull() {
    const std::string name = Name(static_cast<unsigned>(chance_()));
    const auto wait = pull_time_ * static_cast<int>(chance_() % 100) / 100;
    grpc::Status outcome;
    std::thread pulling([&] {
      CriClient client(daemon_.address());
      outcome = Outcome([&] { client.Pull(name); });
    });
    std::this_thread::sleep_for(wait);  // any moment will do
    daemon_.Kill();
    pulling.join();
    daemon_.Start();
    return !outcome.ok();
  }

  void CheckLayers(const Store& store) {
    for (const auto& odd : store.odd) Check(false, "left over or damaged: " + odd);
    for (const auto& [name, fingerprint] : store.layers) {
      const auto found = truth_.layers.find(name);
      Check(found != truth_.layers.end() && found->second == fingerprint, "layer " + name + " is not whole");
    }
  }

  void Verify() {
    const Store store = Read(daemon_);
    CheckLayers(store);
    const auto images = daemon_.client().Call(&Images::ListImages, cri::ListImagesRequest());
    Check(!images.images().empty() || (store.layers.empty() && store.blobs.empty()), "layers or blobs of no image");
    Check(store.blobs.size() == 2 * static_cast<size_t>(images.images_size()), "a manifest and a config for each image");
    Check((Used() == 0) == images.images().empty(), "space counted for nothing, or not counted");
  }

  std::mt19937 chance_;
  TemporaryDirectory directory_;
  Registry registry_;
  Daemon daemon_;
  Milliseconds pull_time_{0};
  Store truth_;
  int complaints_ = 0;
};

}  // namespace
}  // namespace jobpod::test

int main(int argc, char** argv) {
  int pulls = 50;
  unsigned seed = std::random_device()();
  CLI::App app("Kills of the daemon in the middle of pulls");
  app.add_option("--pulls", pulls, "how many");
  app.add_option("--seed", seed, "of the moments");
  CLI11_PARSE(app, argc, argv);
  try {
    std::printf("seed %u\n", seed);
    return jobpod::test::PullKill(seed).Run(pulls);
  } catch (const std::exception& error) {
    std::cerr << "pull_kill: " << error.what() << "\n";
    return 2;
  }
}
