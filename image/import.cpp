#include "image/import.hpp"

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "image/digest.hpp"
#include "image/import_name.hpp"
#include "image/import_source.hpp"
#include "image/layer_install.hpp"
#include "image/pull.hpp"
#include "image/reference.hpp"

namespace jobpod {
namespace {

constexpr int kMaxIndexDepth = 3;

class Importer {
 public:
  Importer(ImageCatalog& catalog, const ImageLimits& limits, const ImportSource& source,
           const std::string& name, std::stop_token stop)
      : catalog_(catalog), limits_(limits), source_(source), name_(name), stop_(std::move(stop)) {}

  // A current `docker save` and our own export have both: the layout has the manifests, manifest.json all
  // the names.
  StatusOr<std::vector<std::string>> Run() {
    const bool layout = source_.Has("index.json"), saved = source_.Has("manifest.json");
    if (!layout && !saved)
      return absl::InvalidArgumentError(
          "it has neither index.json (OCI layout) nor manifest.json (docker save)");
    if (saved) RETURN_IF_ERROR(ReadSaved());
    if (layout) RETURN_IF_ERROR(ImportLayout());
    for (const SavedImage& image : saved_) RETURN_IF_ERROR(ImportSavedImage(image));
    if (ids_.empty()) return absl::NotFoundError(Concat("it has no image for ", HostPlatform().Text()));
    return ids_;
  }

 private:
  Status ReadSaved() {
    ASSIGN_OR_RETURN(const std::string json, source_.Read("manifest.json", limits_.max_manifest_bytes));
    ASSIGN_OR_RETURN(saved_, ParseSavedImages(json));
    return absl::OkStatus();
  }

  bool IsDone(const std::string& id) const { return std::ranges::find(ids_, id) != ids_.end(); }

  Status ImportSavedImage(const SavedImage& saved) {
    ASSIGN_OR_RETURN(std::string config, source_.Read(saved.config, limits_.max_manifest_bytes));
    const std::string id = DigestOf(config);
    if (IsDone(id)) return absl::OkStatus();
    std::vector<Descriptor> layers;
    for (const std::string& path : saved.layers) {
      ASSIGN_OR_RETURN(const uint64_t size, source_.Size(path));
      layers.push_back({"", "", size, {}, path});
    }
    top_digest_.clear();
    return Add(id, std::move(config), layers, saved.names, "", {});
  }

  // What manifest.json says about the config `id` of the layout.
  std::vector<std::string> SavedNames(const std::string& id) const {
    std::vector<std::string> names;
    for (const SavedImage& image : saved_)
      if (image.config == BlobPath(id)) names.insert(names.end(), image.names.begin(), image.names.end());
    return names;
  }

  Status ImportLayout() {
    ASSIGN_OR_RETURN(const std::string json, source_.Read("index.json", limits_.max_manifest_bytes));
    ASSIGN_OR_RETURN(const ManifestDocument index, ParseManifest(json, ""));
    if (!index.is_index) return absl::InvalidArgumentError("index.json is no index");
    for (const Descriptor& entry : index.entries)
      if (IsFirstChoice(entry, index.entries)) RETURN_IF_ERROR(ImportEntry(entry));
    return absl::OkStatus();
  }

  // Elsewhere than on Windows an image for it is passed over when its name is also that of one for this host.
  static bool IsFirstChoice(const Descriptor& entry, const std::vector<Descriptor>& entries) {
    if (entry.platform.os != "windows" || HostPlatform().os == "windows") return true;
    return std::ranges::none_of(entries, [&](const Descriptor& other) {
      return other.name == entry.name && Fits(HostPlatform(), other.platform);
    });
  }

  // Entries for other platforms are passed over, as a layout may hold many.
  Status ImportEntry(const Descriptor& top) {
    Descriptor entry = top;
    std::map<std::string, std::string> blobs;
    for (int depth = 0; depth < kMaxIndexDepth; ++depth) {
      if (!Suits(entry.platform)) return absl::OkStatus();
      ASSIGN_OR_RETURN(std::string bytes, ReadBlob(entry.digest));
      ASSIGN_OR_RETURN(const ManifestDocument document, ParseManifest(bytes, entry.media_type));
      blobs[entry.digest] = std::move(bytes);
      if (!document.is_index) return ImportManifest(document.manifest, top, std::move(blobs));
      std::vector<Platform> offers;
      for (const Descriptor& offer : document.entries) offers.push_back(offer.platform);
      auto chosen = ChoosePlatform(HostPlatform(), offers, ProcessorLevel());
      if (!chosen) chosen = ChoosePlatform(WindowsPlatform(), offers, ProcessorLevel());
      if (!chosen) return absl::OkStatus();
      entry = document.entries[*chosen];
    }
    return absl::InvalidArgumentError("index.json leads to indexes of indexes without end");
  }

  static Platform WindowsPlatform() { return {"windows", HostArchitecture(), "", ""}; }

  static bool Fits(const Platform& wanted, const Platform& offer) {
    return ChoosePlatform(wanted, {offer}, ProcessorLevel()).has_value();
  }

  static bool Suits(const Platform& platform) {
    return platform.os.empty() || Fits(HostPlatform(), platform) || Fits(WindowsPlatform(), platform);
  }

  StatusOr<std::string> ReadBlob(const std::string& digest) {
    ASSIGN_OR_RETURN(std::string bytes, source_.Read(BlobPath(digest), limits_.max_manifest_bytes));
    if (DigestOf(bytes) == digest) return bytes;
    return absl::DataLossError(Concat("blob ", digest, " is corrupt: its bytes have another digest"));
  }

  Status ImportManifest(const Manifest& manifest, const Descriptor& top,
                        std::map<std::string, std::string> blobs) {
    ASSIGN_OR_RETURN(std::string config, ReadBlob(manifest.config.digest));
    std::vector<Descriptor> layers = manifest.layers;
    for (Descriptor& layer : layers) layer.name = BlobPath(layer.digest);
    // A layout's own word for a name may be a whole reference or just a tag.
    const bool whole = top.name.find_first_of("/:") != std::string::npos;
    std::vector<std::string> names = SavedNames(manifest.config.digest);
    if (whole) names.push_back(top.name);
    top_digest_ = top.digest;
    return Add(manifest.config.digest, std::move(config), layers, names, whole ? "" : top.name,
               std::move(blobs));
  }

  // The first image takes the asked name as it is; further ones differ in the archive's tag.
  StatusOr<std::vector<std::string>> FullNames(std::vector<std::string> names, const std::string& tag) const {
    if (names.empty()) names.push_back(ImportedName(name_, tag, ids_.empty()));
    std::erase(names, "");
    std::vector<std::string> out;
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const Reference reference, ParseReference(name));
      RETURN_IF_ERROR(CheckDigest(reference));
      out.push_back(reference.Full());
      if (!top_digest_.empty() && reference.digest.empty())
        out.push_back(Concat(reference.Name(), "@", top_digest_));
    }
    return out;
  }

  // Who asks for a digest must get the bytes that have it, whatever an archive says.
  Status CheckDigest(const Reference& reference) const {
    if (reference.digest.empty() || reference.digest == top_digest_) return absl::OkStatus();
    return absl::InvalidArgumentError(
        Concat("its image cannot be called ", reference.Full(), ": ",
               top_digest_.empty() ? "it came without a manifest" : Concat("its digest is ", top_digest_)));
  }

  Status Add(const std::string& id, std::string config, const std::vector<Descriptor>& layers,
             const std::vector<std::string>& names, const std::string& tag,
             std::map<std::string, std::string> blobs) {
    ASSIGN_OR_RETURN(NewImage image, DescribeImage(id, config, layers, limits_));
    const bool foreign = image.image.config.os == "windows" && HostPlatform().os != "windows";
    const std::string platform = foreign ? WindowsPlatform().Text() : HostPlatform().Text();
    for (const auto& [digest, bytes] : blobs) image.resolutions.push_back(ResolutionKey(digest, platform));
    ASSIGN_OR_RETURN(image.names, FullNames(names, tag));
    LayerPins pins = catalog_.layers().Pin(LayerKeys(image.image));
    ASSIGN_OR_RETURN(image.layers, Install(image.image, layers));
    blobs[id] = std::move(config);
    RETURN_IF_ERROR(catalog_.Commit(image, blobs, std::move(pins), stop_));
    if (!IsDone(id)) ids_.push_back(id);
    return absl::OkStatus();
  }

  StatusOr<std::map<std::string, LayerSize>> Install(const Image& image,
                                                     const std::vector<Descriptor>& layers) {
    InstallRequest install{PlanLayers(image, layers), image.config.os == "windows", limits_, nullptr,
                           nullptr};
    install.open = [this](const LayerPlan& layer, auto on_bytes, const std::stop_token&) {
      return source_.Stream(layer.blob.name, std::move(on_bytes));
    };
    return InstallLayers(catalog_.layers(), install, stop_);
  }

  ImageCatalog& catalog_;
  const ImageLimits& limits_;
  const ImportSource& source_;
  const std::string& name_;
  const std::stop_token stop_;
  std::string top_digest_;
  std::vector<SavedImage> saved_;
  std::vector<std::string> ids_;
};

StatusOr<std::vector<std::string>> ImportTree(ImageCatalog& catalog, const ImageLimits& limits,
                                              const std::string& directory, const std::string& name,
                                              std::stop_token stop) {
  ASSIGN_OR_RETURN(const ImportSource source, ImportSource::Open(directory));
  return Importer(catalog, limits, source, name, std::move(stop)).Run();
}

// The archive is laid out in a private directory by the same code that unpacks hostile layers: nothing
// leaves that directory, and the limits hold.
StatusOr<std::vector<std::string>> ImportFile(ImageCatalog& catalog, const ImageLimits& limits,
                                              const std::string& path, const std::string& name,
                                              std::stop_token stop) {
  const std::string directory = Concat(catalog.root(), "/", kImportScratch, NewId().substr(0, 16));
  RETURN_IF_ERROR(MakeDirectories(directory, 0700));
  const ScopeExit remove([&] {
    const Status removed = RemoveTree(directory);
    if (!removed.ok()) log::warn("{}", Message(removed));
  });
  ASSIGN_OR_RETURN(const ByteSource source, StreamFile(path));
  UnpackBudget budget({.max_bytes = limits.max_unpacked_bytes,
                       .max_entries = limits.max_entries,
                       .max_path = limits.max_path_bytes,
                       .max_ratio = limits.max_ratio},
                      &catalog.layers().windows());
  RETURN_IF_ERROR(UnpackLayer(source, directory, /*windows=*/false, budget, stop).status());
  return ImportTree(catalog, limits, directory, name, std::move(stop));
}

}  // namespace

StatusOr<std::vector<std::string>> ImportImages(ImageCatalog& catalog, const ImageLimits& limits,
                                                const std::string& path, const std::string& name,
                                                std::stop_token stop) {
  std::error_code error;
  const bool directory = std::filesystem::is_directory(path, error);
  const std::string wanted = name.empty() ? NameOfFile(path) : name;
  auto ids = directory ? ImportTree(catalog, limits, path, wanted, stop)
                       : ImportFile(catalog, limits, path, wanted, stop);
  if (!ids.ok()) return Annotate(ids.status(), Concat("import ", path));
  return ids;
}

}  // namespace jobpod
