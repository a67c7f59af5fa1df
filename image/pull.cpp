#include "image/pull.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "image/digest.hpp"
#include "image/json.hpp"

namespace jobpod {
namespace {

constexpr int kMaxIndexDepth = 3;

class Pull {
 public:
  Pull(ImageCatalog& catalog, const PullSettings& settings, const PullRequest& request,
       const Reference& reference, std::stop_token stop)
      : catalog_(catalog),
        settings_(settings),
        request_(request),
        reference_(reference),
        stop_(std::move(stop)) {}

  StatusOr<std::string> Run() {
    RETURN_IF_ERROR(SetUp());
    ASSIGN_OR_RETURN(const std::string known, AskWhetherCurrent());
    if (!known.empty()) return known;
    ASSIGN_OR_RETURN(FetchedManifest top, client_->Manifest(reference_.Version(), MaxManifest(), stop_));
    top_digest_ = top.digest;
    ASSIGN_OR_RETURN(const std::string same, NameIfPresent(top.digest));
    if (!same.empty()) return same;
    ASSIGN_OR_RETURN(const Manifest manifest, Resolve(std::move(top)));
    return Build(manifest);
  }

 private:
  uint64_t MaxManifest() const { return settings_.limits.max_manifest_bytes; }

  Status SetUp() {
    ASSIGN_OR_RETURN(wanted_, ParsePlatform(request_.platform));
    ASSIGN_OR_RETURN(const auto hosts, RegistryHosts(settings_.registry_config, reference_.host));
    ASSIGN_OR_RETURN(const Credentials credentials, ParseAuth(request_.auth));
    client_.emplace(reference_, credentials, hosts, settings_.registries);
    return absl::OkStatus();
  }

  // For a name that is here already: one HEAD tells whether it still means the same. Empty when not.
  StatusOr<std::string> AskWhetherCurrent() {
    if (!catalog_.Current()->by_name.contains(reference_.Full())) return "";
    const auto digest = client_->CurrentDigest(reference_.Version(), stop_);
    if (absl::IsFailedPrecondition(digest.status())) return "";  // a registry without HEAD
    RETURN_IF_ERROR(digest.status());
    return digest->empty() ? "" : NameIfPresent(*digest);
  }

  // The image that `digest` means here, under its new names; empty when there is none.
  StatusOr<std::string> NameIfPresent(const std::string& digest) {
    const auto snapshot = catalog_.Current();
    const auto found = snapshot->resolved.find(ResolutionKey(digest, Wanted()));
    if (found == snapshot->resolved.end()) return "";
    // One whose layers were lost is not present: the pull makes it whole.
    const auto image = snapshot->by_id.find(found->second);
    if (image == snapshot->by_id.end() || !catalog_.HasLayers(*image->second)) return "";
    top_digest_ = digest;
    const Status named = catalog_.Name(found->second, Names(), {});
    if (absl::IsNotFound(named)) return "";
    RETURN_IF_ERROR(named);
    return found->second;
  }

  Platform AnyWindows() const { return {"windows", wanted_.architecture, "", wanted_.os_version}; }

  // What may be taken; a digest can mean one image for it and another one without the exception.
  std::string Wanted() const {
    const bool other = request_.any_windows && wanted_.os != "windows";
    return other ? Concat(wanted_.Text(), " or ", AnyWindows().Text()) : wanted_.Text();
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> out = {Concat(reference_.Name(), "@", top_digest_)};
    if (!reference_.tag.empty()) out.push_back(reference_.Full());
    return out;
  }

  // Descends from an index to the manifest for our platform.
  StatusOr<Manifest> Resolve(FetchedManifest document) {
    for (int depth = 0; depth < kMaxIndexDepth; ++depth) {
      auto parsed = ParseManifest(document.bytes, document.media_type);
      if (!parsed.ok()) return Annotate(parsed.status(), Concat("image ", reference_.Full()));
      blobs_[document.digest] = std::move(document.bytes);
      if (!parsed->is_index) return std::move(parsed->manifest);
      from_index_ = true;
      ASSIGN_OR_RETURN(const Descriptor entry, Choose(parsed->entries));
      ASSIGN_OR_RETURN(document, client_->Manifest(entry.digest, MaxManifest(), stop_));
    }
    return absl::InvalidArgumentError(
        Concat("image ", reference_.Full(), " is an index of indexes without end"));
  }

  StatusOr<Descriptor> Choose(const std::vector<Descriptor>& entries) const {
    std::vector<Platform> offers;
    std::string texts;
    for (const Descriptor& entry : entries) {
      offers.push_back(entry.platform);
      texts += Concat(texts.empty() ? "" : ", ", entry.platform.Text());
    }
    auto chosen = ChoosePlatform(wanted_, offers, ProcessorLevel());
    if (!chosen && request_.any_windows) chosen = ChoosePlatform(AnyWindows(), offers, ProcessorLevel());
    if (chosen) return entries[*chosen];
    // An index with one entry of unknown platform: its config says what it is.
    if (entries.size() == 1 && entries[0].platform.os.empty()) return entries[0];
    return absl::NotFoundError(Concat("image ", reference_.Full(), " has nothing for ", Wanted(), "; it offers ", Printable(texts)));
  }

  StatusOr<std::string> ConfigBytes(const Descriptor& config) {
    auto here = catalog_.blobs().Read(config.digest);
    return here.ok() ? here : client_->SmallBlob(config, MaxManifest(), stop_);
  }

  Status CheckPlatform(const Image& image) const {
    const ImageConfig& config = image.config;
    const bool windows = request_.any_windows && config.os == "windows";
    const bool other_os = !config.os.empty() && config.os != wanted_.os && !windows;
    if (other_os)
      return absl::NotFoundError(Concat("image ", reference_.Full(), " is for ", Printable(config.os), "/",
                                        Printable(config.architecture), ", not for ", Wanted()));
    if (!from_index_ && !config.architecture.empty() && config.architecture != wanted_.architecture)
      log::warn("image {} says it is for {}, not for {}; it is taken because there is no other",
                reference_.Full(), Printable(config.architecture), wanted_.architecture);
    return absl::OkStatus();
  }

  StatusOr<std::string> Build(const Manifest& manifest) {
    const std::string& id = manifest.config.digest;
    ASSIGN_OR_RETURN(std::string config, ConfigBytes(manifest.config));
    auto image = DescribeImage(id, config, manifest.layers, settings_.limits);
    if (!image.ok()) return Annotate(image.status(), Concat("image ", reference_.Full()));
    RETURN_IF_ERROR(CheckPlatform(image->image));
    for (const auto& [digest, bytes] : blobs_)
      image->resolutions.push_back(ResolutionKey(digest, Wanted()));
    blobs_[id] = std::move(config);
    image->names = Names();
    LayerPins pins = catalog_.layers().Pin(LayerKeys(image->image));
    ASSIGN_OR_RETURN(image->layers, Install(*image, manifest.layers));
    RETURN_IF_ERROR(catalog_.Commit(*image, blobs_, std::move(pins), stop_));
    return id;
  }

  StatusOr<std::map<std::string, LayerSize>> Install(const NewImage& image,
                                                     const std::vector<Descriptor>& layers) {
    InstallRequest install{PlanLayers(image.image, layers), image.image.config.os == "windows",
                           settings_.limits, request_.progress, nullptr, settings_.parallel_layers};
    install.open = [this](const LayerPlan& layer, auto on_bytes, std::stop_token stop) {
      return client_->OpenBlob(layer.blob, std::move(on_bytes), std::move(stop));
    };
    return InstallLayers(catalog_.layers(), install, stop_);
  }

  ImageCatalog& catalog_;
  const PullSettings& settings_;
  const PullRequest& request_;
  const Reference& reference_;
  const std::stop_token stop_;
  Platform wanted_;
  std::optional<RegistryClient> client_;
  std::string top_digest_;
  bool from_index_ = false;
  std::map<std::string, std::string> blobs_;
};

}  // namespace

StatusOr<std::string> PullImage(ImageCatalog& catalog, const PullSettings& settings,
                                const PullRequest& request, const Reference& reference,
                                std::stop_token stop) {
  return Pull(catalog, settings, request, reference, std::move(stop)).Run();
}

StatusOr<NewImage> DescribeImage(const std::string& id, std::string_view config,
                                 const std::vector<Descriptor>& layers, const ImageLimits& limits) {
  ASSIGN_OR_RETURN(ParsedConfig parsed, ParseConfig(config));
  if (parsed.diff_ids.size() != layers.size())
    return absl::InvalidArgumentError(
        Concat("the config names ", parsed.diff_ids.size(), " layers, the manifest ", layers.size()));
  if (layers.size() > limits.max_layers)
    return absl::ResourceExhaustedError(
        Concat("it has ", layers.size(), " layers, over the limit of ", limits.max_layers));
  uint64_t size = config.size();
  for (const Descriptor& layer : layers) {
    if (layer.size > limits.max_unpacked_bytes || size > limits.max_unpacked_bytes)
      return absl::ResourceExhaustedError(
          Concat("it is over the limit of ", limits.max_unpacked_bytes, " bytes"));
    size += layer.size;
  }
  return NewImage{
      {id, {}, {}, size, std::move(parsed.diff_ids), {}, std::move(parsed.config), false}, {}, {}, {}};
}

std::vector<LayerPlan> PlanLayers(const Image& image, const std::vector<Descriptor>& layers) {
  std::vector<LayerPlan> out;
  for (size_t i = 0; i < layers.size(); ++i) out.push_back({image.diff_ids[i], layers[i]});
  return out;
}

}  // namespace jobpod
