#include "cri/streaming/token.hpp"

#include "base/id.hpp"

namespace jobpod::streaming {

std::string_view PathOf(Kind kind) {
  if (kind == Kind::kExec) return "exec";
  return kind == Kind::kAttach ? "attach" : "portforward";
}

StatusOr<std::string> Tickets::Issue(Ticket ticket) {
  std::string token = NewId();
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= limit_) DropOld();
  if (waiting_.size() >= limit_) {
    return absl::ResourceExhaustedError(Concat(limit_,
                                               " streaming requests wait for their clients already; each is "
                                               "dropped when nobody comes within ",
                                               lifetime_.count() / 1000, " s"));
  }
  waiting_.emplace(token, Waiting{std::move(ticket), now_() + lifetime_});
  return token;
}

std::optional<Ticket> Tickets::Take(Kind kind, const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(token);
  if (found == waiting_.end() || found->second.ticket.kind != kind) return std::nullopt;
  const bool in_time = now_() < found->second.until;
  std::optional<Ticket> ticket;
  if (in_time) ticket = std::move(found->second.ticket);
  waiting_.erase(found);
  return ticket;
}

void Tickets::DropOld() {
  const Deadline now = now_();
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.until <= now; });
}

}  // namespace jobpod::streaming
