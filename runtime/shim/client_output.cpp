#include "runtime/shim/client_output.hpp"

#include <utility>

namespace jobpod::shim {
namespace {

// For one that the container waits for and that reads nothing at all.
constexpr std::chrono::seconds kPatience{10};
// Beyond what lies in the pipe; more than one read, or than a container leaves in its own pipe at its end.
constexpr size_t kMaxUnsent = 256 << 10;

}  // namespace

ClientOutput::ClientOutput(boost::asio::io_context& io, WhenBehind when_behind)
    : end_(io), patience_(io), when_behind_(when_behind) {}

void ClientOutput::Take(std::string_view bytes) {
  if (!end_.open()) return;
  if (waiting()) return Keep(bytes);
  if (!TellSkipped()) {
    skipped_ += bytes.size();
    return;
  }
  std::string_view rest = bytes.substr(Write(bytes));
  if (rest.empty() || !end_.open()) return;
  switch (when_behind_) {
    case WhenBehind::kCut:
      return Cut(absl::ResourceExhaustedError(
          "the attached client read too slowly and was let go; the container goes on, its log has everything"));
    case WhenBehind::kSkip:
      skipped_ += rest.size();
      return;
    case WhenBehind::kWait:
      return Keep(rest);
  }
}

void ClientOutput::Finish(std::function<void()> on_done) {
  on_done_ = std::move(on_done);
  if (end_.open() && !TellSkipped()) Keep(SkippedWords());
  if (!waiting()) CloseAfterWriting();
}

void ClientOutput::Close() {
  events_.cut = nullptr;
  on_done_ = nullptr;
  End();
}

// How much was taken. A client that has closed its end wants no more: that is its end.
size_t ClientOutput::Write(std::string_view bytes) {
  if (std::optional<size_t> written = end_.Write(bytes)) return *written;
  End();
  return bytes.size();
}

// False when there is no room for it: so short a write is taken whole or not at all.
bool ClientOutput::TellSkipped() {
  if (skipped_ == 0) return true;
  if (Write(SkippedWords()) == 0) return false;
  skipped_ = 0;
  return true;
}

std::string ClientOutput::SkippedWords() const {
  return Concat("\r\njobpod: ", skipped_, " bytes were dropped here; the log has them\r\n");
}

void ClientOutput::Keep(std::string_view rest) {
  const bool waited = waiting();
  if (unsent_.size() + rest.size() > kMaxUnsent) {
    return Cut(absl::ResourceExhaustedError("the attached client did not read and was let go"));
  }
  unsent_.append(rest);
  if (!waited) WaitForRoom();
}

void ClientOutput::WaitForRoom() {
  patience_.expires_after(kPatience);
  patience_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (error || self == nullptr || self->patience_.expiry() > std::chrono::steady_clock::now()) return;
    self->Cut(absl::ResourceExhaustedError(
        "the attached client read nothing for 10 s and was let go; the container goes on, its log has everything"));
  });
  end_.WaitForRoom([self = shared_from_this()] { self->WriteOn(); });
}

void ClientOutput::WriteOn() {
  const size_t written = Write(unsent_);
  unsent_.erase(0, written);
  if (!unsent_.empty()) return WaitForRoom();
  std::string().swap(unsent_);
  patience_.cancel();
  if (on_done_) return CloseAfterWriting();
  if (events_.ready) events_.ready();
}

void ClientOutput::Cut(const Status& why) {
  auto cut = std::exchange(events_.cut, nullptr);
  auto on_done = std::exchange(on_done_, nullptr);  // not done; what it holds stays until the end of this
  End();
  if (cut) cut(why);
}

void ClientOutput::CloseAfterWriting() {
  end_.CloseAfterWriting([self = shared_from_this()] {
    if (auto on_done = std::exchange(self->on_done_, nullptr)) on_done();
  });
}

void ClientOutput::End() {
  const bool waited = waiting();
  std::string().swap(unsent_);
  patience_.cancel();
  end_.Close();
  if (waited && events_.ready) events_.ready();
  if (auto on_done = std::exchange(on_done_, nullptr)) on_done();
}

}  // namespace jobpod::shim
