// What a client has asked for by an RPC and may now take up, once, with the token of the URL.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/status.hpp"
#include "runtime/stdio_session.hpp"

namespace jobpod::streaming {

enum class Kind { kExec, kAttach, kPortForward };

// "exec", "attach", "portforward": the first part of the URL's path.
std::string_view PathOf(Kind kind);

// Starts the command, or attaches. May block: called on a worker. `end` as PodManager::ExecStream has it.
using OpenStdio = std::function<StatusOr<std::unique_ptr<StdioSession>>(
    const StdioRequest& request, boost::asio::any_io_executor executor, StdioEnd end)>;

struct Ticket {
  Kind kind = Kind::kExec;
  StdioRequest stdio;  // exec, attach
  OpenStdio open;      // exec, attach
  // Port-forward: whether a connection to `port` may be made now. Never blocks; any thread.
  std::function<Status(uint16_t port)> admit_port;
};

// Thread-safe.
class Tickets {
 public:
  using Now = std::function<Deadline()>;
  Tickets(size_t limit, std::chrono::milliseconds lifetime, Now now = std::chrono::steady_clock::now)
      : limit_(limit), lifetime_(lifetime), now_(std::move(now)) {}

  // A token for one use within the lifetime: 64 hexadecimal digits, 256 random bits. ResourceExhausted while
  // `limit` others wait.
  StatusOr<std::string> Issue(Ticket ticket);
  // The ticket, which is gone then. None when there is none of this kind, when it was used or is too old.
  std::optional<Ticket> Take(Kind kind, const std::string& token);

 private:
  struct Waiting {
    Ticket ticket;
    Deadline until;
  };
  void DropOld();

  const size_t limit_;
  const std::chrono::milliseconds lifetime_;
  const Now now_;
  std::mutex mutex_;
  std::map<std::string, Waiting> waiting_;
};

}  // namespace jobpod::streaming
