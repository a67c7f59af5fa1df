#include "image/read_ahead.hpp"

#include <system_error>

#include "base/log.hpp"

namespace jobpod {
namespace {

bool IsLast(const StatusOr<std::string_view>& piece) {
  return !piece.ok() || piece->empty();
}

}  // namespace

ReadAhead::ReadAhead(ByteStream& inner) : inner_(inner) {
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error& error) {
    log::warn("a layer is unpacked on one thread only: {}", error.what());
  }
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ReadAhead::Loop() {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closing_ || ready_.size() + 2 <= kPieces; });
      if (closing_) return;
    }
    auto piece = inner_.Next();
    last = IsLast(piece);
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(piece));
    changed_.notify_all();
  }
}

StatusOr<std::string_view> ReadAhead::Next() {
  if (!thread_.joinable()) return inner_.Next();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !ready_.empty(); });
  if (IsLast(ready_.front())) return ready_.front();
  const std::string_view piece = *ready_.front();
  ready_.pop_front();
  changed_.notify_all();
  return piece;
}

}  // namespace jobpod
