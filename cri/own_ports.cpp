#include "cri/own_ports.hpp"

#include <charconv>
#include <string_view>

namespace jobpod {

OwnPorts::Entry::Entry(std::shared_ptr<OwnPorts> ports, uint16_t port) : ports_(std::move(ports)), port_(port) {
  const std::lock_guard lock(ports_->mutex_);
  ports_->ports_.insert(port_);
}

OwnPorts::Entry::~Entry() {
  const std::lock_guard lock(ports_->mutex_);
  ports_->ports_.erase(port_);
}

std::unique_ptr<OwnPorts::Entry> OwnPorts::Add(uint16_t port) {
  return std::make_unique<Entry>(shared_from_this(), port);
}

bool OwnPorts::Has(const std::string& peer) const {
  constexpr std::string_view kLoopback = "ipv4:127.0.0.1:";
  if (!peer.starts_with(kLoopback)) return false;
  uint16_t port = 0;
  const char* end = peer.data() + peer.size();
  const auto [rest, error] = std::from_chars(peer.data() + kLoopback.size(), end, port);
  if (error != std::errc() || rest != end) return false;
  const std::lock_guard lock(mutex_);
  return ports_.contains(port);
}

}  // namespace jobpod
