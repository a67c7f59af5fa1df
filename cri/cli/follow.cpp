#include "cri/cli/follow.hpp"

#include "cri/cli/exit_watch.hpp"
#include "cri/cli/log_tail.hpp"

namespace jobpod::cli {
namespace {

constexpr std::chrono::milliseconds kAskAnyway{2000};  // should an event be lost, the status still tells

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
  Waitable stopped = exit.waitable();
  while (!IsOver(status) && (!bound || std::chrono::steady_clock::now() < until)) {
    if (WaitForAny({stopped}, bound.value_or(kAskAnyway)) == 0) stopped = kNothing;
    ASSIGN_OR_RETURN(status, ContainerStatus(client, container_id));
  }
  return status;
}

StatusOr<cri::ContainerStatus> Follow(const Client& client, const std::string& container_id) {
  const ExitWatch exit(client, container_id);
  ASSIGN_OR_RETURN(cri::ContainerStatus status, ContainerStatus(client, container_id));
  ASSIGN_OR_RETURN(LogTail tail, LogTail::Open(status.log_path()));
  Waitable stopped = exit.waitable();
  while (!IsOver(status)) {
    RETURN_IF_ERROR(Print(tail));
    const int ready = WaitForAny({stopped, tail.waitable()}, kAskAnyway);
    if (ready == 1) continue;
    if (ready == 0) stopped = kNothing;
    ASSIGN_OR_RETURN(status, ContainerStatus(client, container_id));
  }
  // EXITED is published after the last line has been written.
  RETURN_IF_ERROR(Print(tail));
  return status;
}

}  // namespace jobpod::cli
