// A buffer that is small until somebody fills it: hundreds of quiet streams cost little, a busy one moves 64
// KiB at a time.
#pragma once

#include <boost/asio/buffer.hpp>
#include <string_view>
#include <vector>

namespace jobpod::streaming {

class GrowingBuffer {
 public:
  // Room for the next read.
  boost::asio::mutable_buffer room() { return boost::asio::buffer(bytes_); }
  // After a read: what it brought. A full buffer is made larger for the read after the next use.
  boost::asio::const_buffer Filled(size_t size) {
    grow_ = size == bytes_.size() && size < kLargest;
    return boost::asio::buffer(bytes_.data(), size);
  }
  // Before a read, when nobody looks at the bytes any more.
  void Recycle() {
    if (grow_) std::vector<char>(bytes_.size() * 4).swap(bytes_);
    grow_ = false;
  }

 private:
  static constexpr size_t kSmallest = 4u << 10, kLargest = 64u << 10;

  std::vector<char> bytes_ = std::vector<char>(kSmallest);
  bool grow_ = false;
};

}  // namespace jobpod::streaming
