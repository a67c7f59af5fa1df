// The image room: the parts put together behind images.hpp.
#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "image/catalog.hpp"
#include "image/digest.hpp"
#include "image/export.hpp"
#include "image/images.hpp"
#include "image/import.hpp"
#include "image/pull.hpp"
#include "image/pull_flights.hpp"
#include "image/rootfs.hpp"

namespace jobpod {
namespace {

// Pulls with different credentials must not share an outcome.
std::string FlightKey(const PullRequest& request, const Reference& reference) {
  const RegistryAuth auth = request.auth.value_or(RegistryAuth());
  std::string secret;
  for (const std::string* part : {&auth.username, &auth.password, &auth.auth, &auth.server_address,
                                  &auth.identity_token, &auth.registry_token})
    secret += Concat(part->size(), ":", *part);
  return Concat(reference.Full(), " ", request.platform, request.any_windows ? " windows " : " ",
                DigestOf(secret));
}

StatusOr<ImagePointer> FindByPrefix(const ImageSnapshot& snapshot, const std::string& prefix) {
  const std::string start = Concat("sha256:", prefix);
  auto found = snapshot.by_id.lower_bound(start);
  if (found == snapshot.by_id.end() || !found->first.starts_with(start)) return ImagePointer();
  const ImagePointer image = found->second;
  if (++found != snapshot.by_id.end() && found->first.starts_with(start))
    return absl::InvalidArgumentError(Concat("image id ", prefix, " is ambiguous; give more digits"));
  return image;
}

StatusOr<ImagePointer> FindImage(const ImageSnapshot& snapshot, const std::string& text) {
  const std::string digits = text.starts_with("sha256:") ? text.substr(7) : text;
  const bool maybe_id = digits.size() <= 64 && IsIdOrPrefix(digits);
  if (maybe_id && digits.size() == 64) return FindByPrefix(snapshot, digits);
  const auto reference = ParseReference(text);
  if (reference.ok()) {
    const auto found = snapshot.by_name.find(reference->Full());
    if (found != snapshot.by_name.end()) return found->second;
  }
  if (maybe_id) return FindByPrefix(snapshot, digits);
  RETURN_IF_ERROR(reference.status());
  return ImagePointer();
}

class ImageRoom : public Images {
 public:
  explicit ImageRoom(const ImagesConfig& config) : config_(config) {}
  ~ImageRoom() override {
    if (catalog_) catalog_->layers().StopRemoving();
  }

  Status Start() {
    ASSIGN_OR_RETURN(catalog_, ImageCatalog::Open(config_.root, config_.keep_blobs));
    ASSIGN_OR_RETURN(rootfs_, RootfsStore::Open(*catalog_));
    catalog_->Sweep();
    return absl::OkStatus();
  }

  StatusOr<std::string> Pull(const PullRequest& request, std::stop_token stop) override {
    ASSIGN_OR_RETURN(const Reference reference, ParseReference(request.reference));
    // It may outlive this call: everything it needs is its own.
    const auto work = [this, request, reference](const ProgressFunction& progress, std::stop_token until) {
      PullRequest shared = request;
      shared.progress = progress;
      return PullImage(*catalog_, Settings(), shared, reference, std::move(until));
    };
    return flights_.Run(FlightKey(request, reference), reference.Full(), work, request.progress, std::move(stop));
  }

  std::vector<PullInFlight> Pulls() const override { return flights_.Current(); }

  StatusOr<std::vector<std::string>> Import(const std::string& path, const std::string& name,
                                            std::stop_token stop) override {
    return ImportImages(*catalog_, config_.limits, path, name, stop);
  }

  Status Export(const std::string& reference, const std::string& path, std::stop_token stop) override {
    ASSIGN_OR_RETURN(const ImagePointer image, Existing(reference));
    return ExportImage(*catalog_, image, path, std::move(stop));
  }

  Status SetPinned(const std::string& image_id, bool pinned) override {
    return catalog_->SetPinned(image_id, pinned);
  }

  std::vector<ImagePointer> List() const override { return catalog_->Current()->list; }

  StatusOr<ImagePointer> Find(const std::string& reference) const override {
    return FindImage(*catalog_->Current(), reference);
  }

  Status Remove(const std::string& reference) override {
    ASSIGN_OR_RETURN(const ImagePointer image, Find(reference));
    return image ? catalog_->Remove(image->id) : absl::OkStatus();
  }

  FilesystemUsage Usage() const override { return catalog_->Usage(); }

  StatusOr<Rootfs> Prepare(const std::string& container_id, const std::string& image_id) override {
    ASSIGN_OR_RETURN(const ImagePointer image, Existing(image_id));
    return rootfs_->Prepare(container_id, image);
  }

  StatusOr<std::vector<std::string>> PrepareVolume(const std::string& container_id,
                                                   const std::string& image_id) override {
    ASSIGN_OR_RETURN(const ImagePointer image, Existing(image_id));
    return rootfs_->PrepareVolume(container_id, image);
  }

  Status Release(const std::string& container_id) override { return rootfs_->Release(container_id); }

  Status Recover(const std::set<std::string>& known) override { return rootfs_->Recover(known); }

  StatusOr<FilesystemUsage> WritableLayerUsage(const std::string& container_id) const override {
    return rootfs_->WritableLayerUsage(container_id);
  }

 private:
  PullSettings Settings() const {
    const PullTimeouts& timeouts = config_.timeouts;
    RegistrySettings registries{
        {timeouts.connect, timeouts.first_byte, timeouts.stall}, config_.proxies, {}, names_};
    registries.retry.first_delay = timeouts.retry_delay;
    return {config_.registry_config, config_.limits, std::move(registries), config_.parallel_layers};
  }

  StatusOr<ImagePointer> Existing(const std::string& reference) const {
    ASSIGN_OR_RETURN(ImagePointer image, Find(reference));
    if (!image) return absl::NotFoundError(Concat("image ", reference, " is not here; pull it first"));
    return image;
  }

  const ImagesConfig config_;
  const std::shared_ptr<NameResolver> names_ = std::make_shared<NameResolver>();
  std::unique_ptr<ImageCatalog> catalog_;
  std::unique_ptr<RootfsStore> rootfs_;
  PullFlights flights_;
};

}  // namespace

StatusOr<std::unique_ptr<Images>> Images::Open(const ImagesConfig& config) {
  auto room = std::make_unique<ImageRoom>(config);
  RETURN_IF_ERROR(room->Start());
  return room;
}

}  // namespace jobpod
