#include "cri/image_view.hpp"

#include <charconv>

namespace jobpod {
namespace {

// "1000", "1000:50", "www:www": a number goes to uid, anything else to username; kubelet needs the
// difference for runAsNonRoot.
void SetUser(const std::string& user, cri::Image& message) {
  const std::string name = user.substr(0, user.find(':'));
  int64_t uid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  const bool number = error == std::errc() && end == name.data() + name.size() && uid >= 0;
  if (number) {
    message.mutable_uid()->set_value(uid);
  } else {
    message.set_username(name);
  }
}

}  // namespace

cri::Image ImageMessage(const Image& image) {
  cri::Image message;
  message.set_id(image.id);
  for (const auto& tag : image.repo_tags) message.add_repo_tags(tag);
  for (const auto& digest : image.repo_digests) message.add_repo_digests(digest);
  message.set_size(image.size);
  message.set_pinned(image.pinned);
  SetUser(image.config.user, message);
  return message;
}

}  // namespace jobpod
