#include "cri/streaming/inbox.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace jobpod::streaming {

namespace net = boost::asio;
using Error = boost::system::error_code;

void PostHandler(const net::any_io_executor& executor, Channel::Handler handler, const Error& error,
                 size_t size) {
  if (!handler) return;
  net::post(executor, [handler = std::move(handler), error, size] { handler(error, size); });
}

void Inbox::Read(net::mutable_buffer buffer, Channel::Handler handler) {
  wanted_ = buffer;
  reader_ = std::move(handler);
  Serve();
}

void Inbox::Drop() {
  drop_ = true;
  kept_.clear();
}

size_t Inbox::Accept(std::string_view bytes) {
  if (bytes.empty() || drop_ || end_) return bytes.size();
  size_t size = 0;
  if (reader_) {
    size = std::min(bytes.size(), wanted_.size());
    std::memcpy(wanted_.data(), bytes.data(), size);
    Complete(Error(), size);
  } else {
    size = std::min(bytes.size(), kMostKept - kept_.size());
    kept_ += bytes.substr(0, size);
  }
  return size;
}

void Inbox::End(const Error& why) {
  if (end_) return;
  end_ = why;
  Serve();
}

void Inbox::Fail(const Error& why) {
  if (!end_ || !kept_.empty()) end_ = why;
  kept_.clear();
  Serve();
}

void Inbox::Serve() {
  if (!reader_) return;
  if (kept_.empty()) {
    if (end_) Complete(end_, 0);
    return;
  }
  const size_t size = std::min(wanted_.size(), kept_.size());
  std::memcpy(wanted_.data(), kept_.data(), size);
  kept_.erase(0, size);
  Complete(Error(), size);
}

void Inbox::Complete(const Error& error, size_t size) {
  PostHandler(executor_, std::exchange(reader_, nullptr), error, size);
}

}  // namespace jobpod::streaming
