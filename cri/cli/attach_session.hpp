// Attaching to a container, for `jobpod attach` and `jobpod run -i`.
#pragma once

#include <functional>
#include <string>

#include "cri/cli/client.hpp"
#include "cri/cli/remote_session.hpp"

namespace jobpod::cli {

struct AttachRequest {
  std::string container_id;
  bool input = false, terminal = false;
  std::function<void(int)> on_interrupt{};  // as in SessionRequest
};

// Until the container has ended, the end of this program's input has let go of it, or the user leaves. A terminal
// is attached again when the daemon is restarted meanwhile. `printed` as in RunSession.
StatusOr<SessionEnd> Attach(const Client& client, const AttachRequest& request, bool& printed);

}  // namespace jobpod::cli
