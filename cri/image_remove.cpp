#include "cri/handlers.hpp"

namespace jobpod::handle {

Status RemoveImage(const Rooms& rooms, Call& call, const cri::RemoveImageRequest& request,
                   cri::RemoveImageResponse*) {
  const std::string& name = request.image().image();
  call.subject = name;
  if (name.empty()) return absl::InvalidArgumentError("image.image is empty; set it");
  return rooms.images.Remove(name);
}

}  // namespace jobpod::handle
