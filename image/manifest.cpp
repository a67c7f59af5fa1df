#include "image/manifest.hpp"

#include "image/digest.hpp"
#include "image/json.hpp"

namespace jobpod {

const char* const kManifestAccept =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

namespace {

constexpr size_t kMaxEntries = 4096;

Status Broken(std::string_view what) {
  return absl::InvalidArgumentError(Concat("the manifest is not valid: ", what));
}

Platform ReadPlatform(const Json& entry) {
  const Json& platform = Member(entry, "platform");
  return {Text(platform, "os"), Text(platform, "architecture"), Text(platform, "variant"),
          Text(platform, "os.version")};
}

std::string ReadName(const Json& entry) {
  const Json& annotations = Member(entry, "annotations");
  std::string name = Text(annotations, "io.containerd.image.name");
  return name.empty() ? Text(annotations, "org.opencontainers.image.ref.name") : name;
}

StatusOr<Descriptor> ReadDescriptor(const Json& entry) {
  Descriptor out{Text(entry, "mediaType"), Text(entry, "digest"), 0, ReadPlatform(entry), ReadName(entry)};
  if (!IsDigest(out.digest)) return Broken("a digest is not of the form sha256:<64 hexadecimal digits>");
  const Json& size = Member(entry, "size");
  if (!size.is_number_unsigned()) return Broken("a size is missing or negative");
  out.size = size.get<uint64_t>();
  return out;
}

StatusOr<std::vector<Descriptor>> ReadDescriptors(const Json& list, std::string_view name) {
  if (!list.is_array()) return Broken(Concat("\"", name, "\" is not a list"));
  if (list.size() > kMaxEntries)
    return Broken(Concat("\"", name, "\" has more than ", kMaxEntries, " entries"));
  std::vector<Descriptor> out;
  for (const Json& entry : list) {
    ASSIGN_OR_RETURN(out.emplace_back(), ReadDescriptor(entry));
  }
  return out;
}

Status RefuseForeign(const Json& document, const std::string& media_type) {
  const Json& version = Member(document, "schemaVersion");
  if (media_type.find("docker.distribution.manifest.v1+") != std::string::npos ||
      (version.is_number() && version == 1))
    return absl::FailedPreconditionError(
        "the image is stored in the old Docker schema 1 format; push it again with a current tool");
  if (document.contains("manifests") && document.contains("layers"))
    return Broken("it claims to be an index and an image at once");
  if (!document.contains("manifests") && !document.contains("layers"))
    return absl::FailedPreconditionError("the document is neither an image manifest nor an index");
  return absl::OkStatus();
}

Status CheckLayer(const Descriptor& layer) {
  if (layer.media_type.find("+encrypted") != std::string::npos)
    return absl::FailedPreconditionError("the image has encrypted layers, which are not supported");
  if (layer.media_type.find("tar") == std::string::npos && !layer.media_type.empty())
    return absl::FailedPreconditionError(
        Concat("the image is no container image: it has a layer of type ", Printable(layer.media_type)));
  return absl::OkStatus();
}

StatusOr<Manifest> ReadManifest(const Json& document) {
  Manifest out;
  ASSIGN_OR_RETURN(out.config, ReadDescriptor(Member(document, "config")));
  ASSIGN_OR_RETURN(out.layers, ReadDescriptors(Member(document, "layers"), "layers"));
  for (const Descriptor& layer : out.layers) RETURN_IF_ERROR(CheckLayer(layer));
  return out;
}

}  // namespace

StatusOr<ManifestDocument> ParseManifest(std::string_view json, const std::string& media_type) {
  const Json document = ParseJson(json);
  if (!document.is_object()) return Broken("it is not a JSON object");
  const std::string own = Text(document, "mediaType");
  RETURN_IF_ERROR(RefuseForeign(document, own.empty() ? media_type : own));
  ManifestDocument out;
  out.is_index = document.contains("manifests");
  if (out.is_index) {
    ASSIGN_OR_RETURN(out.entries, ReadDescriptors(Member(document, "manifests"), "manifests"));
  } else {
    ASSIGN_OR_RETURN(out.manifest, ReadManifest(document));
  }
  return out;
}

StatusOr<std::vector<SavedImage>> ParseSavedImages(std::string_view json) {
  const Json document = ParseJson(json);
  if (!document.is_array())
    return absl::InvalidArgumentError("manifest.json of the archive is not a list of images");
  std::vector<SavedImage> out;
  for (const Json& entry : document)
    out.push_back({Text(entry, "Config"), TextList(entry, "RepoTags"), TextList(entry, "Layers")});
  return out;
}

std::string RegistryMessage(std::string_view body) {
  const Json document = ParseJson(body);
  const Json& errors = Member(document, "errors");
  if (errors.is_array() && !errors.empty()) {
    const std::string code = Text(errors[0], "code");
    const std::string message = Text(errors[0], "message");
    return Printable(code.empty() || message.empty() ? code + message : Concat(code, ": ", message));
  }
  const std::string details = Text(document, "details");
  return Printable(details.empty() ? Text(document, "message") : details);
}

std::string ParseToken(std::string_view json) {
  const Json document = ParseJson(json);
  const std::string token = Text(document, "token");
  return token.empty() ? Text(document, "access_token") : token;
}

}  // namespace jobpod
