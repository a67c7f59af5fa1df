#include "runtime/shim/audience.hpp"

#include <algorithm>
#include <utility>

namespace jobpod::shim {
namespace {

constexpr size_t kMaxClients = 16;  // each may have a megabyte of the kernel's memory for each output

}  // namespace

Status Audience::Expect(const Stdio& stdio) {
  if (!stdio.stdin() || !stdio.stdin_once()) return absl::OkStatus();
  once_ = true;
  ASSIGN_OR_RETURN(expected_, AttachedClient::Create(io_, true, !stdio.tty(), WhenBehind::kWait));
  Admit(expected_);
  return absl::OkStatus();
}

Status Audience::CheckRoom() const {
  if (clients_.size() < kMaxClients) return absl::OkStatus();
  return absl::ResourceExhaustedError(Concat(kMaxClients, " clients are attached already; try again later"));
}

StatusOr<AttachReply> Audience::Attach(const shim::Attach& asked, ClientHandles handles,
                                       AttachedClient::Input input, bool terminal) {
  // The client that the container is there for is waited for; who merely looks on must not disturb it.
  const bool drives = once_ && (input.owned || (terminal && asked.has_stdin()));
  Client client = drives ? std::exchange(expected_, nullptr) : nullptr;
  if (client == nullptr) {
    const WhenBehind others = asked.terminal() ? WhenBehind::kSkip : WhenBehind::kCut;
    ASSIGN_OR_RETURN(client, AttachedClient::Create(io_, asked.has_stdout(), asked.has_stderr() && !terminal,
                                                    drives ? WhenBehind::kWait : others));
    Admit(client);
  }
  StatusOr<AttachReply> reply = client->Meet(asked, std::move(handles), std::move(input));
  if (!reply.ok()) client->Drop(absl::OkStatus());
  return reply;
}

void Audience::Admit(const Client& client) {
  auto ready = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->Ready();
  };
  auto gone = [weak = weak_from_this(), raw = client.get()] {
    if (auto self = weak.lock()) self->Forget(raw);
  };
  client->SetEvents({.ready = std::move(ready), .gone = std::move(gone)});
  clients_.push_back(client);
}

void Audience::Tell(LogStream stream, std::string_view bytes) {
  auto clients = clients_;  // one that is cut off leaves
  for (const Client& client : clients) client->Tell(stream, bytes);
}

bool Audience::Waiting(LogStream stream) const {
  return !never_waits_ && std::any_of(clients_.begin(), clients_.end(),
                                      [&](const Client& client) { return client->waiting(stream); });
}

void Audience::StopWaiting() {
  never_waits_ = true;
  Ready();
}

void Audience::End(int exit_code) {
  expected_ = nullptr;
  on_ready_ = nullptr;
  for (const Client& client : std::exchange(clients_, {})) client->End(exit_code);
}

void Audience::Forget(const AttachedClient* client) {
  if (expected_.get() == client) expected_ = nullptr;
  std::erase_if(clients_, [&](const Client& other) { return other.get() == client; });
}

void Audience::Ready() const {
  if (on_ready_) on_ready_();
}

}  // namespace jobpod::shim
