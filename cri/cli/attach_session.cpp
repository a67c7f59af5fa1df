#include "cri/cli/attach_session.hpp"

namespace jobpod::cli {
namespace {

StatusOr<std::string> Ask(const Client& client, const AttachRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  cri::AttachRequest asked;
  asked.set_container_id(request.container_id);
  asked.set_stdin(request.input);
  asked.set_tty(request.terminal);
  asked.set_stdout(true);
  asked.set_stderr(!request.terminal);
  cri::AttachResponse response;
  RETURN_IF_ERROR(FromGrpc(client.runtime->Attach(&context, asked, &response)));
  return response.url();
}

bool Runs(const Client& client, const std::string& container_id) {
  const auto status = ContainerStatus(client, container_id);
  return status.ok() && status->state() == cri::CONTAINER_RUNNING;
}

}  // namespace

StatusOr<SessionEnd> Attach(const Client& client, const AttachRequest& request, bool& printed) {
  for (;;) {
    ASSIGN_OR_RETURN(const std::string url, Ask(client, request));
    bool wrote = false;
    const StatusOr<SessionEnd> end = RunSession({.url = url,
                                                 .input = request.input,
                                                 .terminal = request.terminal,
                                                 .detach_keys = request.input && request.terminal,
                                                 .on_interrupt = request.on_interrupt},
                                                wrote);
    printed = printed || wrote;
    const bool lost = absl::IsUnavailable(end.status());
    if (!lost || !request.terminal || !Runs(client, request.container_id)) return end;
  }
}

}  // namespace jobpod::cli
