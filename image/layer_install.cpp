#include "image/layer_install.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/log.hpp"
#include "image/archive_file.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::milliseconds kProgressEvery{200};

class Installer {
 public:
  Installer(LayerStore& store, const InstallRequest& request, std::stop_token outer)
      : store_(store),
        request_(request),
        budget_({.max_bytes = request.limits.max_unpacked_bytes,
                 .max_entries = request.limits.max_entries,
                 .max_path = request.limits.max_path_bytes,
                 .max_ratio = request.limits.max_ratio},
                &store.windows()),
        forward_(outer, [this] { stop_.request_stop(); }) {}

  StatusOr<std::map<std::string, LayerSize>> Run() {
    for (const LayerPlan& layer : request_.layers) Tell(layer, "waiting", 0);
    {
      std::vector<std::jthread> threads;
      AddThreads(threads);
      Work();
    }
    if (!error_.ok()) return error_;
    return std::move(sizes_);
  }

 private:
  // When the system has no threads left, those there are do the work.
  void AddThreads(std::vector<std::jthread>& threads) {
    try {
      for (size_t i = 1; i < std::min(request_.parallel, request_.layers.size()); ++i)
        threads.emplace_back([this] { Work(); });
    } catch (const std::system_error& error) {
      log::warn("pull with {} threads only: {}", threads.size() + 1, error.what());
    }
  }

  void Work() {
    for (size_t i = next_++; i < request_.layers.size(); i = next_++) {
      const LayerPlan& layer = request_.layers[i];
      const std::string key = LayerKey(layer.diff_id, request_.windows);
      const bool present = store_.Has(key);
      const auto size = store_.Ensure(
          key, [&](const std::string& path) { return Build(layer, path); }, stop_.get_token());
      if (!Note(key, size)) return;
      Tell(layer, present ? "present" : "done", layer.blob.size);
    }
  }

  // False when the work is to end.
  bool Note(const std::string& key, const StatusOr<LayerSize>& size) {
    const std::lock_guard lock(mutex_);
    if (size.ok()) {
      sizes_[key] = *size;
      return error_.ok();
    }
    // The others end as cancelled because of the first: its reason is the one to tell.
    if (error_.ok()) error_ = size.status();
    stop_.request_stop();
    return false;
  }

  void Tell(const LayerPlan& layer, const char* phase, uint64_t done) const {
    if (request_.progress) request_.progress({layer.blob.digest, phase, done, layer.blob.size});
  }

  StatusOr<std::vector<std::string>> Build(const LayerPlan& layer, const std::string& path) {
    auto last = std::chrono::steady_clock::now();
    Tell(layer, "downloading", 0);
    const auto on_bytes = [&, last](uint64_t done) mutable {
      const auto now = std::chrono::steady_clock::now();
      if (now - last < kProgressEvery) return;
      last = now;
      Tell(layer, done == layer.blob.size ? "unpacking" : "downloading", done);
    };
    ASSIGN_OR_RETURN(ByteSource source, request_.open(layer, on_bytes, stop_.get_token()));
    if (store_.keep_blobs()) {
      ASSIGN_OR_RETURN(source, Keeping(std::move(source), LayerStore::BlobOf(path)));
    }
    auto result = UnpackLayer(source, path, request_.windows, budget_, stop_.get_token(), layer.blob.digest);
    if (!result.ok()) return Explain(layer, NameLimits(result.status()));
    RETURN_IF_ERROR(Verify(layer, *result));
    return std::move(result->implied);
  }

  static Status NameLimits(const Status& status) {
    if (!absl::IsResourceExhausted(status)) return status;
    return absl::ResourceExhaustedError(
        Concat(Message(status),
               "; raise max_unpacked_bytes, max_entries or max_ratio in [image] if the image is to be trusted"));
  }

  // Reasons that are the registry's own stay as they are: their first word has a meaning.
  static Status Explain(const LayerPlan& layer, const Status& status) {
    if (absl::IsUnavailable(status) || absl::IsCancelled(status)) return status;
    return Annotate(status, Concat("layer ", layer.blob.digest.empty() ? layer.diff_id : layer.blob.digest));
  }

  static Status Verify(const LayerPlan& layer, const UnpackResult& result) {
    if (!layer.blob.digest.empty() && result.blob_digest != layer.blob.digest)
      return absl::DataLossError(
          Concat("layer ", layer.blob.digest, " is corrupt: its bytes have the digest ", result.blob_digest));
    if (result.diff_id != layer.diff_id)
      return absl::DataLossError(Concat("layer ", layer.blob.digest,
                                        " is not what the image config says: its diff id is ", result.diff_id,
                                        " instead of ", layer.diff_id));
    return absl::OkStatus();
  }

  LayerStore& store_;
  const InstallRequest& request_;
  UnpackBudget budget_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  Status error_;
  std::map<std::string, LayerSize> sizes_;
};

}  // namespace

StatusOr<std::map<std::string, LayerSize>> InstallLayers(LayerStore& store, const InstallRequest& request,
                                                         std::stop_token stop) {
  return Installer(store, request, stop).Run();
}

}  // namespace jobpod
