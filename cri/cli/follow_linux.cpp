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

bool IsOver(const cri::ContainerStatus& status) {
  return status.state() != cri::CONTAINER_RUNNING && status.state() != cri::CONTAINER_CREATED;
}

}  // namespace

StatusOr<cri::ContainerStatus> WaitForExit(const Client& client, const std::string& container_id,
                                           std::optional<std::chrono::milliseconds> bound) {
  const ExitWatch exit(client, container_id);
  ASSIGN_OR_RETURN(cri::ContainerStatus status, ContainerStatus(client, container_id));
  const auto until = std::chrono::steady_clock::now() + bound.value_or(std::chrono::milliseconds(0));
  pollfd wait{exit.descriptor(), POLLIN, 0};
  while (!IsOver(status) && (!bound || std::chrono::steady_clock::now() < until)) {
    const int ready = poll(&wait, 1, bound ? static_cast<int>(bound->count()) : kAskAnyway);
    if (ready > 0) wait.fd = -1;
    ASSIGN_OR_RETURN(status, ContainerStatus(client, container_id));
  }
  return status;
}

StatusOr<cri::ContainerStatus> Follow(const Client& client, const std::string& container_id) {
  const ExitWatch exit(client, container_id);
  ASSIGN_OR_RETURN(cri::ContainerStatus status, ContainerStatus(client, container_id));
  ASSIGN_OR_RETURN(LogTail tail, LogTail::Open(status.log_path()));
  bool events = true;
  while (!IsOver(status)) {
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
