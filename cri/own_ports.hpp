// The ports this process's own connections come from: everybody else's are refused.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace jobpod {

// Thread-safe.
class OwnPorts : public std::enable_shared_from_this<OwnPorts> {
 public:
  // While it lives, the port is one of ours. It is given up before the connection is closed, so that nobody who gets
  // the port next is taken for us.
  class Entry {
   public:
    Entry(std::shared_ptr<OwnPorts> ports, uint16_t port);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    const std::shared_ptr<OwnPorts> ports_;
    const uint16_t port_;
  };

  // For a socket that is connected from `port` of 127.0.0.1 and has sent nothing yet.
  std::unique_ptr<Entry> Add(uint16_t port);

  // Whether `peer` ("ipv4:127.0.0.1:49152", gRPC's spelling) is one of ours.
  bool Has(const std::string& peer) const;

 private:
  mutable std::mutex mutex_;
  std::set<uint16_t> ports_;
};

}  // namespace jobpod
