#include <poll.h>

#include "cri/cli/exit_watch.hpp"
#include "cri/cli/follow.hpp"
#include "cri/cli/log_tail.hpp"

namespace jobpod::cli {
namespace {

constexpr int kAskAnyway = 2000;  // ms; should an event be lost, the status still tells

Status Print(LogTail& tail) {
  ASSIGN_OR_RETURN(const bool more, tail.Drain(PrintLogLine));
  return more ? absl::OkStatus() : absl::CancelledError("standard output was closed");
}

}  // namespace

StatusOr<cri::ContainerStatus> Follow(const Client& client, const std::string& container_id) {
  const ExitWatch exit(client, container_id);
  ASSIGN_OR_RETURN(cri::ContainerStatus status, ContainerStatus(client, container_id));
  ASSIGN_OR_RETURN(LogTail tail, LogTail::Open(status.log_path()));
  bool events = true;
  while (status.state() == cri::CONTAINER_RUNNING || status.state() == cri::CONTAINER_CREATED) {
    RETURN_IF_ERROR(Print(tail));
    pollfd waits[] = {{tail.descriptor(), POLLIN, 0}, {events ? exit.descriptor() : -1, POLLIN, 0}};
    const int ready = poll(waits, 2, kAskAnyway);
    if (ready > 0 && waits[1].revents == 0) continue;
    if (ready > 0) events = false;
    ASSIGN_OR_RETURN(status, ContainerStatus(client, container_id));
  }
  // EXITED is published after the last line has been written.
  RETURN_IF_ERROR(Print(tail));
  return status;
}

}  // namespace jobpod::cli
