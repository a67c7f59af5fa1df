#include "cri/cli/stream_url.hpp"

#include <string_view>

namespace jobpod::cli {

StatusOr<StreamUrl> ParseStreamUrl(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const size_t path = url.find('/', kScheme.size());
  const size_t colon = url.rfind(':', path);
  if (!url.starts_with(kScheme) || path == std::string::npos || colon <= kScheme.size()) {
    return absl::InvalidArgumentError(Concat("the daemon's streaming URL ", url, " is not http://HOST:PORT/PATH"));
  }
  return StreamUrl{.host = url.substr(kScheme.size(), colon - kScheme.size()),
                   .port = url.substr(colon + 1, path - colon - 1),
                   .path = url.substr(path)};
}

}  // namespace jobpod::cli
