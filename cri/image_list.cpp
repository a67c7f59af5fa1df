#include "cri/handlers.hpp"
#include "cri/image_view.hpp"

namespace jobpod::handle {

StatusOr<ItemList> ListImages(const Rooms& rooms, const cri::ImageFilter& filter) {
  const std::string& wanted = filter.image().image();
  ItemList list;
  if (wanted.empty()) {
    for (const auto& image : rooms.images.List()) list.Add(ImageMessage(*image));
    return list;
  }
  ASSIGN_OR_RETURN(const ImagePointer image, rooms.images.Find(wanted));
  if (image != nullptr) list.Add(ImageMessage(*image));
  return list;
}

}  // namespace jobpod::handle
