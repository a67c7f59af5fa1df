// The bytes of one blob, taken up again with a Range request when a connection ends early, at the next
// endpoint when one is given up. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "image/manifest.hpp"
#include "image/registry_endpoint.hpp"

namespace jobpod {

class BlobDownload {
 public:
  // `endpoints` are asked in their order; there is at least one, and they outlive this object.
  BlobDownload(std::vector<RegistryEndpoint*> endpoints, Descriptor blob,
               std::function<void(uint64_t)> on_bytes, std::stop_token stop)
      : endpoints_(std::move(endpoints)),
        blob_(std::move(blob)),
        on_bytes_(std::move(on_bytes)),
        stop_(std::move(stop)) {}

  // Asks for the bytes from the present position on. The error is that of the last endpoint.
  Status Open();

  // DataLoss when the blob has another size than announced.
  StatusOr<size_t> Read(char* buffer, size_t size);

 private:
  RegistryEndpoint& endpoint() const { return *endpoints_[current_]; }
  bool AtLast() const { return current_ + 1 == endpoints_.size(); }

  Status OpenHere();
  StatusOr<bool> OpenRest();
  Status Skip(uint64_t count);
  Status Reopen(const Status& why);
  Status WrongSize(uint64_t actual) const;

  const std::vector<RegistryEndpoint*> endpoints_;
  size_t current_ = 0;
  const Descriptor blob_;
  const std::function<void(uint64_t)> on_bytes_;
  const std::stop_token stop_;
  std::unique_ptr<HttpResponse> response_;
  uint64_t position_ = 0;
  uint64_t progress_at_break_ = 0;
  int breaks_ = 0;  // without progress in between
  int total_breaks_ = 0;
};

}  // namespace jobpod
