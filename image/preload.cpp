// Importing every archive of a directory at start.
#include <algorithm>

#include "base/log.hpp"
#include "image/disk.hpp"
#include "image/images.hpp"

namespace jobpod {
namespace {

bool IsArchive(const std::string& name) {
  return std::ranges::any_of(std::vector<std::string>{".tar", ".tar.gz", ".tgz", ".tar.zst"},
                             [&](const std::string& end) { return name.ends_with(end); });
}

}  // namespace

void ImportPreloaded(Images& images, const std::string& directory, std::stop_token stop) {
  std::vector<std::string> names = ListDirectory(directory);
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (!IsArchive(name) || stop.stop_requested()) continue;
    const std::string path = Concat(directory, "/", name);
    const auto ids = images.Import(path, "", stop);
    if (ids.ok()) {
      log::info("preloaded {} image(s) from {}", ids->size(), path);
    } else {
      log::error("preload: {}", Message(ids.status()));
    }
  }
}

}  // namespace jobpod
