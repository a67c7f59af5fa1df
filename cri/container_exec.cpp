#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/services.hpp"
#include "cri/translate.hpp"

namespace jobpod::handle {
namespace {

// Both streams, the exit code and the framing must fit one message.
constexpr size_t kOutputLimit = kMaxMessageBytes - (64 << 10);

}  // namespace

Status ExecSync(const Rooms& rooms, Call& call, const cri::ExecSyncRequest& request,
                cri::ExecSyncResponse* response) {
  call.subject = request.container_id();
  if (request.cmd_size() == 0) return absl::InvalidArgumentError("cmd is empty; give the command to run");
  for (const auto& word : request.cmd()) RETURN_IF_ERROR(CheckText(word, "cmd"));
  ASSIGN_OR_RETURN(const auto timeout, Seconds(request.timeout(), "timeout"));
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  const std::vector<std::string> command(request.cmd().begin(), request.cmd().end());
  ASSIGN_OR_RETURN(ExecResult result,
                   rooms.pods.ExecSync(container->record.id(), command, timeout, kOutputLimit, call.stop));
  response->set_stdout(std::move(result.standard_output));
  response->set_stderr(std::move(result.standard_error));
  response->set_exit_code(result.exit_code);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
