#include "cri/streaming/remote_command.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace jobpod::streaming {
namespace net = boost::asio;

RemoteCommand::RemoteCommand(net::any_io_executor executor, Workers& workers, Ticket ticket, StatusForm form)
    : executor_(std::move(executor)),
      workers_(workers),
      ticket_(std::move(ticket)),
      form_(form),
      size_bytes_(256) {}

void RemoteCommand::Start(ClientStreams streams, std::function<void()> finished) {
  streams_ = std::move(streams);
  finished_ = std::move(finished);
  const Status queued = workers_.Run([self = shared_from_this()]() mutable {
    RemoteCommand* command = self.get();
    command->Open(std::move(self));
  });
  if (!queued.ok()) OnOpened(queued);
}

// On a worker. The object goes back to its executor with the result: it is destroyed there and nowhere else.
void RemoteCommand::Open(std::shared_ptr<RemoteCommand> self) {
  auto end = [weak = weak_from_this()](StatusOr<int32_t> code) {
    if (const auto command = weak.lock()) command->OnEnd(std::move(code));
  };
  auto session = ticket_.open(ticket_.stdio, executor_, std::move(end));
  net::post(executor_, [self = std::move(self), session = std::move(session)]() mutable {
    self->OnOpened(std::move(session));
  });
}

void RemoteCommand::OnOpened(StatusOr<std::unique_ptr<StdioSession>> session) {
  if (aborted_ || closing_) return;
  opened_ = true;
  if (!session.ok()) {
    const std::string_view doing =
        ticket_.kind == Kind::kExec ? "error executing command in container" : "error attaching to container";
    end_ = Annotate(session.status(), doing);
    return CheckFinished();
  }
  session_ = *std::move(session);
  Carry(session_->standard_output(), streams_.standard_output);
  Carry(session_->standard_error(), streams_.standard_error);
  CarryInput();
  if (streams_.resize) ReadSizes();
  CheckFinished();
}

void RemoteCommand::Carry(Channel* output, const DuplexPointer& to) {
  if (output == nullptr || !to) return;
  const auto pump = std::make_shared<Pump>(*output, *to, Pump::WhenRefused::kStop);
  outputs_.push_back(pump);
  pump->Start([weak = weak_from_this(), output, to](const Error&) {
    const auto self = weak.lock();
    if (!self || self->aborted_) return;
    output->Close();
    to->Close();
    self->CheckFinished();
  });
}

// A process that does not read to the end is no error: the rest of the client's input is dropped.
void RemoteCommand::CarryInput() {
  Channel* input = session_->standard_input();
  if (input == nullptr || !streams_.standard_input) return;
  input_ = std::make_shared<Pump>(*streams_.standard_input, *input, Pump::WhenRefused::kReadOn);
  input_->Start([weak = weak_from_this(), input](const Error&) {
    const auto self = weak.lock();
    if (self && !self->aborted_) input->Close();
  });
}

void RemoteCommand::ReadSizes() {
  streams_.resize->Read(net::buffer(size_bytes_),
                        [self = shared_from_this()](const Error& error, size_t bytes) {
                          if (!error && self->session_) self->OnSize(bytes);
                        });
}

void RemoteCommand::OnSize(size_t bytes) {
  if (const auto size = sizes_.Feed({size_bytes_.data(), bytes})) session_->Resize(size->width, size->height);
  ReadSizes();
}

void RemoteCommand::OnEnd(StatusOr<int32_t> exit_code) {
  if (aborted_ || closing_ || end_) return;
  end_ = std::move(exit_code);
  CheckFinished();
}

void RemoteCommand::CheckFinished() {
  const bool written =
      std::all_of(outputs_.begin(), outputs_.end(), [](const auto& pump) { return pump->ended(); });
  if (!opened_ || !end_ || !written || closing_) return;
  closing_ = true;
  WriteStatus();
}

void RemoteCommand::WriteStatus() {
  for (const auto& stream : {streams_.standard_output, streams_.standard_error}) {
    if (stream) stream->Close();
  }
  const bool attached = ticket_.kind == Kind::kAttach && end_->ok();
  status_ = FormatEnd(attached ? StatusOr<int32_t>(0) : *end_, form_);
  if (status_.empty()) return OnStatusWritten();
  streams_.error->Write(net::buffer(status_), [self = shared_from_this()](const Error&, size_t) {
    if (!self->aborted_) self->OnStatusWritten();
  });
}

void RemoteCommand::OnStatusWritten() {
  streams_.error->Close();
  Release();
  if (const auto finished = std::exchange(finished_, nullptr)) finished();
}

void RemoteCommand::Fail(const Status& why) {
  if (aborted_ || std::exchange(closing_, true)) return;
  end_ = why;
  Release();
  WriteStatus();
}

void RemoteCommand::Abort() {
  if (std::exchange(aborted_, true)) return;
  finished_ = nullptr;
  Release();
}

// The pumps let the channels go before their owner does.
void RemoteCommand::Release() {
  if (input_) input_->Stop();
  for (const auto& pump : outputs_) pump->Stop();
  session_.reset();
}

}  // namespace jobpod::streaming
