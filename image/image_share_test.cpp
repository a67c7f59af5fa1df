// Pulls that meet: what several want is fetched once, and nobody's leaving harms the others.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include "image/digest.hpp"
#include "image/registry_test_tools.hpp"

namespace jobpod {
namespace {

using namespace test;
using std::chrono::milliseconds;

PullRequest RequestFor(const std::string& reference) {
  PullRequest request;
  request.reference = reference;
  return request;
}

bool Soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000 && !condition(); ++i) std::this_thread::sleep_for(milliseconds(10));
  return condition();
}

// A registry that keeps the layer back until it is let go.
class SlowRegistry {
 public:
  ~SlowRegistry() { LetGo(); }

  void LetGo() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    wake_.notify_all();
  }
  PullRequest request() const { return RequestFor(registry_.address() + "/app:1"); }
  size_t LayerRequests() const { return registry_.Count(DigestOf(image_.layers[0])); }

 private:
  FakeAnswer Answer(const FakeRequest& request) {
    if (request.path.ends_with(DigestOf(image_.layers[0]))) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return open_; });
    }
    return FakeRegistry::Serve(request, image_);
  }

  const BuiltImage image_ = BuildImage({.layers = {Tar({{.name = "f", .content = "content"}})}});
  std::mutex mutex_;
  std::condition_variable wake_;
  bool open_ = false;
  FakeRegistry registry_{[this](const FakeRequest& request) { return Answer(request); }};
};

TEST_CASE("who is cancelled leaves at once, and the pull goes on for the others") {
  SlowRegistry registry;
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  StatusOr<std::string> first, second;
  std::jthread leader([&](std::stop_token stop) { first = images->Pull(registry.request(), stop); });
  REQUIRE(Soon([&] { return registry.LayerRequests() == 1; }));
  std::jthread follower([&] { second = images->Pull(registry.request(), {}); });
  REQUIRE(Soon([&] { return images->Pulls().size() == 1 && images->Pulls()[0].waiting == 2; }));
  leader.request_stop();
  leader.join();  // while the registry still keeps the layer back
  CHECK(absl::IsCancelled(first.status()));
  registry.LetGo();
  follower.join();
  INFO(Message(second.status()));
  CHECK(second.ok());
  CHECK(registry.LayerRequests() == 1);
  CHECK(images->Pulls().empty());
}

TEST_CASE("the last one who leaves ends the pull and leaves nothing") {
  SlowRegistry registry;
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  std::vector<StatusOr<std::string>> results(3);
  {
    std::vector<std::jthread> callers;
    for (auto& result : results)
      callers.emplace_back([&](std::stop_token stop) { result = images->Pull(registry.request(), stop); });
    REQUIRE(Soon([&] { return registry.LayerRequests() == 1 && images->Pulls()[0].waiting == 3; }));
  }
  for (const auto& result : results) CHECK(absl::IsCancelled(result.status()));
  CHECK(images->Pulls().empty());
  CHECK(std::filesystem::is_empty(root / "layers"));
  CHECK(images->Usage().used_bytes == 0);
}

TEST_CASE("everybody who waits is told how far the layers are") {
  SlowRegistry registry;
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  std::mutex mutex;
  std::vector<std::vector<std::string>> phases(2);
  {
    std::vector<std::jthread> callers;
    for (auto& mine : phases)
      callers.emplace_back([&] {
        PullRequest request = registry.request();
        request.progress = [&](const PullProgress& progress) {
          const std::lock_guard lock(mutex);
          mine.push_back(progress.phase);
        };
        CHECK(images->Pull(request, {}).ok());
      });
    REQUIRE(Soon([&] { return registry.LayerRequests() == 1 && images->Pulls()[0].waiting == 2; }));
    CHECK(images->Pulls()[0].layers.at(0).phase == "downloading");
    registry.LetGo();
  }
  for (const auto& mine : phases) {
    REQUIRE(!mine.empty());
    CHECK(mine.back() == "done");
  }
}

TEST_CASE("pulls of images that overlap fetch every blob once") {
  RealRegistry registry;
  std::vector<std::string> tars;
  for (int i = 0; i < 5; ++i)
    tars.push_back(Tar({{.name = "f" + std::to_string(i), .content = std::string(500'000, static_cast<char>('a' + i))}}));
  std::vector<BuiltImage> built;
  for (int i = 0; i < 4; ++i)
    built.push_back(BuildImage({.layers = {tars[0], tars[static_cast<size_t>(i) + 1], tars[static_cast<size_t>(i + 1) % 4 + 1]}}));
  for (size_t i = 0; i < built.size(); ++i) registry.Push("app" + std::to_string(i), "1", built[i]);
  TemporaryDirectory root;
  auto images = OpenImages(root.path());
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        good += images->Pull(RequestFor(registry.address() + "/app" + std::to_string(i % 4) + ":1"), {}).ok() ? 1 : 0;
      });
  }
  CHECK(good == 8);
  CHECK(images->List().size() == 4);
  for (const BuiltImage& image : built) {
    CHECK(registry.Requests("/blobs/" + image.id()) == 1);
    for (const std::string& layer : image.layers) CHECK(registry.Requests("/blobs/" + DigestOf(layer)) == 1);
  }
}

}  // namespace
}  // namespace jobpod
