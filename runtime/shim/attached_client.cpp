#include "runtime/shim/attached_client.hpp"

#include <utility>

namespace jobpod::shim {

StatusOr<std::shared_ptr<AttachedClient>> AttachedClient::Create(boost::asio::io_context& io, bool has_output,
                                                                 bool has_error, WhenBehind when_behind) {
  std::shared_ptr<AttachedClient> client(new AttachedClient(io, when_behind));
  if (has_output) RETURN_IF_ERROR(client->AddPipe(LogStream::kStdout));
  if (has_error) RETURN_IF_ERROR(client->AddPipe(LogStream::kStderr));
  return client;
}

void AttachedClient::SetEvents(Events events) {
  events_ = std::move(events);
  for (const auto& output : outputs_) {
    if (output == nullptr) continue;
    auto cut = [weak = weak_from_this()](const Status& why) {
      if (auto self = weak.lock()) self->Drop(why);
    };
    output->SetEvents({.ready = events_.ready, .cut = std::move(cut)});
  }
}

StatusOr<AttachReply> AttachedClient::Meet(const Attach& asked, ClientHandles handles, Input input) {
  AttachReply reply;
  RETURN_IF_ERROR(HandOverInput(input, handles));
  ASSIGN_OR_RETURN(const bool has_output, HandOver(LogStream::kStdout, asked.has_stdout(), handles));
  ASSIGN_OR_RETURN(const bool has_error, HandOver(LogStream::kStderr, asked.has_stderr(), handles));
  reply.set_has_terminal(input.end && input.terminal);
  reply.set_has_stdin(input.end && !input.terminal);
  reply.set_has_stdout(has_output);
  reply.set_has_stderr(has_error);
  reply.set_owns_stdin(input.owned);
  Control(std::move(handles.control), std::move(input.terminal));
  return reply;
}

void AttachedClient::Control(OwnedHandle socket, std::shared_ptr<Terminal> terminal) {
  control_ = std::make_unique<ControlSocket>(io_, std::move(socket));
  auto closed = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->Drop(absl::OkStatus());
  };
  auto resized = [terminal = std::move(terminal)](uint16_t width, uint16_t height) {
    if (terminal) terminal->Resize(width, height);
  };
  control_->Start({.closed = std::move(closed), .resized = std::move(resized)});
}

void AttachedClient::Tell(LogStream stream, std::string_view bytes) {
  if (auto output = outputs_[static_cast<int>(stream)]) output->Take(bytes);
}

bool AttachedClient::waiting(LogStream stream) const {
  const auto& output = outputs_[static_cast<int>(stream)];
  return output != nullptr && output->waiting();
}

void AttachedClient::End(int exit_code) {
  events_ = {};
  for (OwnedHandle& end : theirs_) end.Reset();
  if (control_ == nullptr) return CloseOutputs();  // it has never come
  FinishFrom(0, exit_code);
}

// One output after the other; this object lives as long as there is something to write.
void AttachedClient::FinishFrom(int stream, int exit_code) {
  if (stream < 2 && outputs_[stream] == nullptr) return FinishFrom(stream + 1, exit_code);
  if (stream < 2) {
    const auto output = outputs_[stream];
    return output->Finish(
        [self = shared_from_this(), stream, exit_code] { self->FinishFrom(stream + 1, exit_code); });
  }
  ExecReply reply;
  reply.set_exit_code(exit_code);
  control_->End(reply);
  CloseOutputs();
}

void AttachedClient::Drop(const Status& why) {
  auto self = shared_from_this();
  auto gone = std::exchange(events_.gone, nullptr);
  CloseOutputs();
  if (control_ != nullptr && !why.ok()) control_->End(why);
  if (gone) gone();
}

void AttachedClient::CloseOutputs() {
  for (auto& output : outputs_) {
    if (auto closing = std::exchange(output, nullptr)) closing->Close();
  }
}

}  // namespace jobpod::shim
