// Bytes that arrive piece by piece, lent and not copied.
#pragma once

#include <string_view>

#include "base/status.hpp"

namespace jobpod {

// Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // The next piece, empty at the end. Valid until the next call.
  virtual StatusOr<std::string_view> Next() = 0;
};

}  // namespace jobpod
