#include "cri/info.hpp"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "cri/admission.hpp"
#include "cri/views.hpp"

namespace jobpod {
namespace {

using Json = nlohmann::ordered_json;

// With the names of the proto file, as crictl's configuration files have them.
Json JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return Json::object();
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json::object() : json;
}

// Commands and names need not be UTF-8.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Notes>
void AddNotes(Json& list, const Notes& notes) {
  for (const std::string& note : notes) list.push_back(note);
}

Json ArgumentsOf(const LaunchPlan& plan) {
  Json arguments = Json::array();
  for (const auto& word : plan.argv()) arguments.push_back(word);
  return arguments;
}

}  // namespace

std::string PodInfo(const PodSnapshot& pod) {
  const auto& record = pod.record;
  const auto config = ConfigOf(record);
  Json notes = Json::array();
  AddNotes(notes, record.notes());
  const bool image_root = record.spec().layout() == kHandlerImageRoot;
  AddNotes(notes, image_root ? NotAppliedInImageRoot(config) : NotApplied(config));
  return Dump({{"sandboxID", record.id()},
               {"pid", record.shim_pid()},
               {"runtimeHandler", record.spec().handler()},
               {"layout", record.spec().layout()},
               {"job", record.job_name()},
               {"notes", notes},
               {"config", JsonOf(config)}});
}

std::string ContainerInfo(const ContainerSnapshot& container) {
  const auto& record = container.record;
  const auto config = ConfigOf(record);
  Json notes = Json::array();
  AddNotes(notes, record.notes());
  const bool image_root = record.plan().mounts().has_image_root();
  AddNotes(notes, image_root ? NotAppliedInImageRoot(config) : NotApplied(config));
  return Dump({{"sandboxID", record.pod_id()},
               {"pid", record.pid()},
               {"command", ArgumentsOf(record.plan())},
               {"workingDirectory", record.plan().working_directory()},
               {"rootfs", record.plan().mounts().root().target()},
               {"notes", notes},
               {"config", JsonOf(config)}});
}

std::string ImageInfo(const Image& image) {
  const auto& config = image.config;
  const Json inner = {{"User", config.user},
                      {"Env", config.environment},
                      {"Entrypoint", config.entrypoint},
                      {"Cmd", config.command},
                      {"WorkingDir", config.working_directory},
                      {"StopSignal", config.stop_signal},
                      {"Labels", config.labels}};
  return Dump({{"imageSpec",
                {{"architecture", config.architecture},
                 {"os", config.os},
                 {"os.version", config.os_version},
                 {"config", inner},
                 {"rootfs", {{"type", "layers"}, {"diff_ids", image.diff_ids}}}}}});
}

}  // namespace jobpod
