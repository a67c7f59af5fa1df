// The image's config document.
#include "image/digest.hpp"
#include "image/json.hpp"
#include "image/manifest.hpp"

namespace jobpod {
namespace {

bool HasNul(const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (text.find('\0') != std::string::npos) return true;
  return false;
}

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> out;
  if (!object.is_object()) return out;
  for (const auto& item : object.items()) out.push_back(item.key());
  return out;
}

std::map<std::string, std::string> TextMap(const Json& object) {
  std::map<std::string, std::string> out;
  if (!object.is_object()) return out;
  for (const auto& item : object.items())
    if (item.value().is_string()) out[item.key()] = item.value().get<std::string>();
  return out;
}

ImageConfig ReadConfig(const Json& document) {
  const Json& config = Member(document, "config");
  ImageConfig out;
  out.entrypoint = TextList(config, "Entrypoint");
  out.command = TextList(config, "Cmd");
  out.environment = TextList(config, "Env");
  out.user = Text(config, "User");
  out.working_directory = Text(config, "WorkingDir");
  out.stop_signal = Text(config, "StopSignal");
  out.volumes = Keys(Member(config, "Volumes"));
  out.labels = TextMap(Member(config, "Labels"));
  out.args_escaped = Member(config, "ArgsEscaped") == true;
  out.os = Text(document, "os");
  out.architecture = Text(document, "architecture");
  out.os_version = Text(document, "os.version");
  return out;
}

// The operating system takes these as C strings; a NUL inside would silently cut them.
bool HasNul(const ImageConfig& config) {
  return HasNul(config.entrypoint) || HasNul(config.command) || HasNul(config.environment) ||
         HasNul(config.volumes) || HasNul({config.user, config.working_directory, config.stop_signal});
}

}  // namespace

StatusOr<ParsedConfig> ParseConfig(std::string_view json) {
  const Json document = ParseJson(json);
  if (!document.is_object()) return absl::InvalidArgumentError("the image config is not a JSON object");
  const Json& rootfs = Member(document, "rootfs");
  if (!Member(rootfs, "diff_ids").is_array())
    return absl::FailedPreconditionError("the image config has no list of layers: it is no container image");
  ParsedConfig out{ReadConfig(document), TextList(rootfs, "diff_ids")};
  for (const std::string& id : out.diff_ids)
    if (!IsDigest(id))
      return absl::InvalidArgumentError("the image config has a diff id that is no sha256 digest");
  if (HasNul(out.config))
    return absl::InvalidArgumentError("the image config has a text with a NUL byte in it");
  return out;
}

}  // namespace jobpod
