#include "image/export.hpp"

#include <filesystem>
#include <set>

#include "image/archive_file.hpp"
#include "image/digest.hpp"
#include "image/import_source.hpp"
#include "image/json.hpp"
#include "image/manifest.hpp"
#include "image/reference.hpp"
#include "image/sha256.hpp"
#include "image/tar_header.hpp"

namespace jobpod {
namespace {

constexpr const char* kManifestMediaType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kConfigMediaType = "application/vnd.oci.image.config.v1+json";
constexpr size_t kBuffer = 256u << 10;

struct KeptLayer {
  std::string path;
  Descriptor descriptor;
};

Json DescriptorJson(const std::string& type, const std::string& digest, uint64_t size) {
  return {{"mediaType", type}, {"digest", digest}, {"size", size}};
}

std::string LayerMediaType(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return "application/vnd.oci.image.layer.v1.tar+gzip";
    case Compression::kZstd:
      return "application/vnd.oci.image.layer.v1.tar+zstd";
    case Compression::kNone:
      break;
  }
  return "application/vnd.oci.image.layer.v1.tar";
}

class Exporter {
 public:
  Exporter(ImageCatalog& catalog, const Image& image, ArchiveFile& archive, std::stop_token stop)
      : catalog_(catalog), image_(image), archive_(archive), stop_(std::move(stop)) {}

  Status Run() {
    ASSIGN_OR_RETURN(const LayerPins pins, catalog_.layers().PinPresent(LayerKeys(image_)));
    ASSIGN_OR_RETURN(config_, catalog_.blobs().Read(image_.id));
    RETURN_IF_ERROR(FindLayers());
    RETURN_IF_ERROR(FindManifest() ? CheckLayers() : MakeManifest());
    RETURN_IF_ERROR(AddFile("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
    RETURN_IF_ERROR(AddFile("index.json", Index()));
    RETURN_IF_ERROR(AddFile("manifest.json", SavedManifest()));
    RETURN_IF_ERROR(AddFile(BlobPath(image_.id), config_));
    RETURN_IF_ERROR(AddFile(BlobPath(DigestOf(manifest_)), manifest_));
    std::set<std::string> done;
    for (const KeptLayer& layer : layers_)
      if (done.insert(layer.descriptor.digest).second) RETURN_IF_ERROR(AddLayer(layer));
    return archive_.Write(std::string(2 * kTarBlock, '\0'));
  }

 private:
  Status FindLayers() {
    for (const std::string& diff_id : image_.diff_ids) {
      const std::string path = catalog_.layers().BlobPath(LayerKey(diff_id, image_.config.os == "windows"));
      std::error_code error;
      const uint64_t size = std::filesystem::file_size(path, error);
      if (error)
        return absl::FailedPreconditionError(
            Concat("its layer ", diff_id,
                   " was not kept as it came, and one packed again would have other digests; set [image] "
                   "keep_blobs = 1, remove the image and pull it again"));
      layers_.push_back({path, {"", "", size, {}, ""}});
    }
    return absl::OkStatus();
  }

  // The manifest that the image came with, when it came with one.
  bool FindManifest() {
    for (const auto& [key, id] : catalog_.Current()->resolved) {
      if (id != image_.id) continue;
      auto bytes = catalog_.blobs().Read(key.substr(0, key.find(' ')));
      if (!bytes.ok()) continue;
      const auto parsed = ParseManifest(*bytes, "");
      if (!parsed.ok() || parsed->is_index || parsed->manifest.config.digest != image_.id ||
          parsed->manifest.layers.size() != layers_.size())
        continue;
      for (size_t i = 0; i < layers_.size(); ++i) {
        layers_[i].descriptor.digest = parsed->manifest.layers[i].digest;
        layers_[i].descriptor.media_type = parsed->manifest.layers[i].media_type;
      }
      manifest_ = *std::move(bytes);
      media_type_ = Text(ParseJson(manifest_), "mediaType");
      return true;
    }
    return false;
  }

  // Another image may have brought the same files in another compression.
  Status CheckLayers() {
    for (KeptLayer& layer : layers_) {
      ASSIGN_OR_RETURN(const std::string digest, DigestOfFile(layer));
      if (digest == layer.descriptor.digest) continue;
      return absl::FailedPreconditionError(
          Concat("its layer ", layer.descriptor.digest, " is kept as ", digest,
                 ", the form another image brought it in; remove both images and pull this one first"));
    }
    return absl::OkStatus();
  }

  StatusOr<std::string> DigestOfFile(KeptLayer& layer) const {
    Sha256 sha;
    bool first = true;
    const auto add = [&](std::string_view piece) {
      if (first) layer.descriptor.name = LayerMediaType(DetectCompression(piece));
      first = false;
      sha.Update(piece);
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(Read(layer, add));
    return sha.Finish();
  }

  template <typename Take>
  Status Read(const KeptLayer& layer, Take take) const {
    ASSIGN_OR_RETURN(const ByteSource source, StreamFile(layer.path));
    std::string buffer(kBuffer, '\0');
    for (;;) {
      if (stop_.stop_requested()) return absl::CancelledError("the export was cancelled");
      ASSIGN_OR_RETURN(const size_t got, source(buffer.data(), buffer.size()));
      if (got == 0) return absl::OkStatus();
      RETURN_IF_ERROR(take(std::string_view(buffer.data(), got)));
    }
  }

  // docker-save archives have none.
  Status MakeManifest() {
    Json list = Json::array();
    for (KeptLayer& layer : layers_) {
      ASSIGN_OR_RETURN(layer.descriptor.digest, DigestOfFile(layer));
      list.push_back(DescriptorJson(layer.descriptor.name, layer.descriptor.digest, layer.descriptor.size));
    }
    media_type_ = kManifestMediaType;
    manifest_ = Json({{"schemaVersion", 2},
                      {"mediaType", media_type_},
                      {"config", DescriptorJson(kConfigMediaType, image_.id, config_.size())},
                      {"layers", list}})
                    .dump();
    return absl::OkStatus();
  }

  std::string Index() const {
    Json entry = DescriptorJson(media_type_.empty() ? kManifestMediaType : media_type_, DigestOf(manifest_),
                                manifest_.size());
    entry["platform"] = {{"architecture", image_.config.architecture}, {"os", image_.config.os}};
    if (!image_.config.os_version.empty()) entry["platform"]["os.version"] = image_.config.os_version;
    Json list = Json::array();
    for (const std::string& name : image_.repo_tags) {
      const auto reference = ParseReference(name);
      list.push_back(entry);
      list.back()["annotations"] = {
          {"io.containerd.image.name", name},
          {"org.opencontainers.image.ref.name", reference.ok() ? reference->tag : name}};
    }
    if (list.empty()) list.push_back(entry);
    return Dump({{"schemaVersion", 2}, {"manifests", list}});
  }

  // What `docker load` reads.
  std::string SavedManifest() const {
    Json layers = Json::array();
    for (const KeptLayer& layer : layers_) layers.push_back(BlobPath(layer.descriptor.digest));
    return Dump(
        Json::array({{{"Config", BlobPath(image_.id)}, {"RepoTags", image_.repo_tags}, {"Layers", layers}}}));
  }

  static std::string Dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  Status AddFile(const std::string& name, std::string_view bytes) {
    RETURN_IF_ERROR(archive_.Write(MakeTarHeader(name, bytes.size())));
    RETURN_IF_ERROR(archive_.Write(bytes));
    return Pad(bytes.size());
  }

  Status AddLayer(const KeptLayer& layer) {
    RETURN_IF_ERROR(archive_.Write(MakeTarHeader(BlobPath(layer.descriptor.digest), layer.descriptor.size)));
    RETURN_IF_ERROR(Read(layer, [&](std::string_view piece) { return archive_.Write(piece); }));
    return Pad(layer.descriptor.size);
  }

  Status Pad(uint64_t size) {
    return archive_.Write(std::string((kTarBlock - size % kTarBlock) % kTarBlock, '\0'));
  }

  ImageCatalog& catalog_;
  const Image& image_;
  ArchiveFile& archive_;
  const std::stop_token stop_;
  std::string config_, manifest_, media_type_;
  std::vector<KeptLayer> layers_;
};

}  // namespace

Status ExportImage(ImageCatalog& catalog, const ImagePointer& image, const std::string& path,
                   std::stop_token stop) {
  ASSIGN_OR_RETURN(const auto archive, ArchiveFile::Create(path));
  RETURN_IF_ERROR(Annotate(Exporter(catalog, *image, *archive, std::move(stop)).Run(),
                           Concat("export image ", image->id)));
  return archive->Commit();
}

}  // namespace jobpod
