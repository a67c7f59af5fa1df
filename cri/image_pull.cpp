#include "cri/handlers.hpp"

namespace jobpod::handle {
namespace {

RegistryAuth Credentials(const cri::AuthConfig& config) {
  RegistryAuth auth;
  auth.username = config.username();
  auth.password = config.password();
  auth.auth = config.auth();
  auth.server_address = config.server_address();
  auth.identity_token = config.identity_token();
  auth.registry_token = config.registry_token();
  return auth;
}

}  // namespace

Status PullImage(const Rooms& rooms, Call& call, const cri::PullImageRequest& request,
                 cri::PullImageResponse* response) {
  const std::string& name = request.image().image();
  call.subject = name;
  if (name.empty()) return absl::InvalidArgumentError("image.image is empty; set it");
  PullRequest pull;
  pull.reference = name;
  if (request.has_auth()) pull.auth = Credentials(request.auth());
  pull.any_windows = request.sandbox_config().windows().security_context().host_process();
  ASSIGN_OR_RETURN(const std::string id, rooms.images.Pull(pull, call.stop));
  response->set_image_ref(id);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
