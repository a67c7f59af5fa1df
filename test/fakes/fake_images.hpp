// An Images that holds what a test puts into it. Pulling makes an image of the asked name.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "image/images.hpp"

namespace jobpod {

class FakeImages : public Images {
 public:
  void Put(const Image& image) {
    const std::lock_guard lock(mutex_);
    images_.push_back(std::make_shared<const Image>(image));
  }

  // "blocked/…" waits until it is cancelled.
  StatusOr<std::string> Pull(const PullRequest& request, std::stop_token stop) override {
    if (request.reference.rfind("blocked/", 0) == 0) return WaitForStop(stop);
    last_auth_ = request.auth;
    Image image;
    image.id = Concat("sha256:", std::string(64, 'c'));
    image.repo_tags = {request.reference};
    image.size = 7;
    Put(image);
    return image.id;
  }
  std::vector<PullInFlight> Pulls() const override {
    return {{"example.test/big:1", 2, {{"sha256:abc", "downloading", 5, 10}}}};
  }
  StatusOr<std::vector<std::string>> Import(const std::string&, const std::string&,
                                            std::stop_token) override {
    return absl::UnimplementedError("the fake imports nothing");
  }
  Status Export(const std::string&, const std::string&, std::stop_token) override {
    return absl::UnimplementedError("the fake exports nothing");
  }
  Status SetPinned(const std::string&, bool) override { return absl::OkStatus(); }
  std::vector<ImagePointer> List() const override {
    const std::lock_guard lock(mutex_);
    return images_;
  }
  StatusOr<ImagePointer> Find(const std::string& reference) const override {
    const std::lock_guard lock(mutex_);
    for (const auto& image : images_) {
      if (Matches(*image, reference)) return image;
    }
    return ImagePointer();
  }
  Status Remove(const std::string& reference) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(images_, [&](const auto& image) { return Matches(*image, reference); });
    return absl::OkStatus();
  }
  FilesystemUsage Usage() const override { return {"/", 12345, 67}; }
  StatusOr<Rootfs> Prepare(const std::string&, const std::string&) override { return Rootfs(); }
  Status Release(const std::string&) override { return absl::OkStatus(); }
  Status Recover(const std::set<std::string>&) override { return absl::OkStatus(); }
  StatusOr<FilesystemUsage> WritableLayerUsage(const std::string&) const override {
    return FilesystemUsage{"/", 4096, 2};
  }
  StatusOr<std::vector<std::string>> PrepareVolume(const std::string&, const std::string&) override {
    return std::vector<std::string>();
  }

  std::optional<RegistryAuth> last_auth() const { return last_auth_; }
  int stopped_pulls() const {
    const std::lock_guard lock(mutex_);
    return stopped_pulls_;
  }

 private:
  static bool Matches(const Image& image, const std::string& reference) {
    const auto& tags = image.repo_tags;
    return image.id == reference || std::find(tags.begin(), tags.end(), reference) != tags.end();
  }
  Status WaitForStop(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, stop, [] { return false; });
    ++stopped_pulls_;
    return absl::CancelledError("the pull was cancelled");
  }

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<ImagePointer> images_;
  std::optional<RegistryAuth> last_auth_;
  int stopped_pulls_ = 0;
};

}  // namespace jobpod
