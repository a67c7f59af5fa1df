#include "base/clock.hpp"
#include "cri/handlers.hpp"
#include "cri/image_view.hpp"
#include "cri/info.hpp"
#include "cri/usage.hpp"

namespace jobpod::handle {

// A missing image is no error: the answer has none.
Status ImageStatus(const Rooms& rooms, Call& call, const cri::ImageStatusRequest& request,
                   cri::ImageStatusResponse* response) {
  const std::string& name = request.image().image();
  call.subject = name;
  if (name.empty()) return absl::InvalidArgumentError("image.image is empty; set it");
  ASSIGN_OR_RETURN(const ImagePointer image, rooms.images.Find(name));
  if (image == nullptr) return absl::OkStatus();
  *response->mutable_image() = ImageMessage(*image);
  if (request.verbose()) (*response->mutable_info())["info"] = ImageInfo(*image);
  return absl::OkStatus();
}

// Layers and writable layers are in one place.
Status ImageFsInfo(const Rooms& rooms, Call&, const cri::ImageFsInfoRequest&,
                   cri::ImageFsInfoResponse* response) {
  const auto usage = FilesystemOf(rooms.images.Usage(), NowUnixNanos());
  *response->add_image_filesystems() = usage;
  *response->add_container_filesystems() = usage;
  return absl::OkStatus();
}

}  // namespace jobpod::handle
