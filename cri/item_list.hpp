// A list answer put together from the wire bytes its items keep. Every list message of CRI, streamed or
// not, has its items in field 1.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <vector>

namespace google::protobuf {
class MessageLite;
}

namespace jobpod {

// `message` as one element of a repeated field 1: tag, length, bytes.
std::string WireItem(const google::protobuf::MessageLite& message);

// Not thread-safe.
class ItemList {
 public:
  // `owner` keeps `item` alive. `item` is what WireItem makes.
  void Add(std::shared_ptr<const void> owner, const std::string& item) {
    items_.push_back({std::move(owner), &item});
  }
  // Serializes `message` at once.
  void Add(const google::protobuf::MessageLite& message);

  // All items as one message.
  grpc::ByteBuffer Whole() const;

  // As several messages near `target_bytes` each, none without an item. Empty for an empty list.
  std::vector<grpc::ByteBuffer> Batches(size_t target_bytes) const;

  size_t size() const { return items_.size(); }

 private:
  struct Item {
    std::shared_ptr<const void> owner;
    const std::string* bytes;
  };
  grpc::ByteBuffer Join(size_t begin, size_t end) const;

  std::vector<Item> items_;
};

}  // namespace jobpod
