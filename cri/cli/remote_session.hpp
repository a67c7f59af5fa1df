// The client's side of an exec or attach: the URL that the daemon answered, spoken to by WebSocket
// (v5.channel.k8s.io), and this program's own streams and terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.hpp"

namespace jobpod::cli {

struct SessionRequest {
  std::string url;  // http://HOST:PORT/exec|attach/TOKEN
  bool input = false;
  bool terminal = false;     // with `input`, this program's terminal goes over to the other side
  bool detach_keys = false;  // Ctrl-P Ctrl-Q leaves (with `input` and `terminal`)
  // What Ctrl-C (how often so far) and SIGTERM do, where they do not go to the other side as keys; on a thread
  // of its own. Without it they end the session.
  std::function<void(int)> on_interrupt{};
};

struct SessionEnd {
  enum class How { kEnded, kDetached, kSignaled } how = How::kEnded;
  int32_t exit_code = 0;  // kEnded: of an exec; 0 of an attach
};

// Runs until the other side has ended or the user leaves. Standard input's terminal is as it was afterwards.
// Unavailable when the daemon cannot be reached or is lost on the way; else what the daemon says.
// `printed` tells whether anything was written to standard output or standard error.
StatusOr<SessionEnd> RunSession(const SessionRequest& request, bool& printed);

}  // namespace jobpod::cli
