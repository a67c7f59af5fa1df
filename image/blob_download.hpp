// The bytes of one blob from one endpoint, taken up again with a Range request when a connection ends
// early. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "image/manifest.hpp"
#include "image/registry_endpoint.hpp"

namespace jobpod {

class BlobDownload {
 public:
  BlobDownload(RegistryEndpoint& endpoint, Descriptor blob, std::function<void(uint64_t)> on_bytes,
             std::stop_token stop)
      : endpoint_(endpoint), blob_(std::move(blob)), on_bytes_(std::move(on_bytes)), stop_(std::move(stop)) {}

  // Asks for the bytes from the present position on.
  Status Open();

  // DataLoss when the blob has another size than announced.
  StatusOr<size_t> Read(char* buffer, size_t size);

 private:
  Status Skip(uint64_t count);
  Status Reopen(const Status& why);
  Status WrongSize(uint64_t actual) const;

  RegistryEndpoint& endpoint_;
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
