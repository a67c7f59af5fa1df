#include "runtime/shim/attached_client.hpp"

#include <utility>

#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"

namespace jobpod::shim {
namespace {

// How far a client may be behind. Pages of the kernel's that are there only while something lies in them.
constexpr int kPipeSize = 1 << 20;

}  // namespace

StatusOr<std::shared_ptr<AttachedClient>> AttachedClient::Create(boost::asio::io_context& io, bool has_output,
                                                                 bool has_error, WhenBehind when_behind) {
  std::shared_ptr<AttachedClient> client(new AttachedClient(io, when_behind));
  if (has_output) RETURN_IF_ERROR(client->AddPipe(LogStream::kStdout));
  if (has_error) RETURN_IF_ERROR(client->AddPipe(LogStream::kStderr));
  return client;
}

Status AttachedClient::AddPipe(LogStream stream) {
  const int at = static_cast<int>(stream);
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  RETURN_IF_ERROR(MakeNonBlocking(pipe.write));
  theirs_[at] = std::move(pipe.read);
  outputs_[at] = std::make_shared<ClientOutput>(io_, std::move(pipe.write), when_behind_);
  return absl::OkStatus();
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

StatusOr<AttachReply> AttachedClient::Meet(const Attach& asked, Fd control, Input input) {
  AttachReply reply;
  bool has_output = false, has_error = false;
  if (input.terminal) RETURN_IF_ERROR(SendHandle(control.get(), input.terminal.get()));
  if (input.pipe) RETURN_IF_ERROR(SendHandle(control.get(), input.pipe.get()));
  RETURN_IF_ERROR(HandOver(LogStream::kStdout, asked.has_stdout(), control.get(), has_output));
  RETURN_IF_ERROR(HandOver(LogStream::kStderr, asked.has_stderr(), control.get(), has_error));
  reply.set_has_terminal(input.terminal.valid());
  reply.set_has_stdin(input.pipe.valid());
  reply.set_has_stdout(has_output);
  reply.set_has_stderr(has_error);
  reply.set_owns_stdin(input.owned);
  control_ = std::make_shared<ControlSocket>(io_, std::move(control));
  control_->Start([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->Drop(absl::OkStatus());
  });
  return reply;
}

// What was prepared and is not asked for is closed, which ends that output.
Status AttachedClient::HandOver(LogStream stream, bool asked, int control, bool& has) {
  Fd end = std::move(theirs_[static_cast<int>(stream)]);
  has = asked && end;
  if (!has) return absl::OkStatus();
  SetPipeSize(end, kPipeSize);
  return SendHandle(control, end.get());
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
  for (Fd& end : theirs_) end.Reset();
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
  if (control_ != nullptr) control_->End(reply);
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
