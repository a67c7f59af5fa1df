#include "cri/item_list.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>

#include <cstring>

namespace jobpod {
namespace {

constexpr uint8_t kTagOfFieldOne = (1 << 3) | 2;  // length-delimited

}  // namespace

std::string WireItem(const google::protobuf::MessageLite& message) {
  using google::protobuf::io::CodedOutputStream;
  const size_t length = message.ByteSizeLong();
  uint8_t header[11] = {kTagOfFieldOne};
  const uint8_t* end = CodedOutputStream::WriteVarint64ToArray(length, header + 1);
  std::string item(reinterpret_cast<const char*>(header), static_cast<size_t>(end - header));
  message.AppendPartialToString(&item);
  return item;
}

void ItemList::Add(const google::protobuf::MessageLite& message) {
  auto item = std::make_shared<const std::string>(WireItem(message));
  const std::string& bytes = *item;
  Add(std::move(item), bytes);
}

// One slice, each item copied into it once: at some hundred bytes an item that is several times cheaper
// than a reference-counted slice for each, and the socket gets one large write.
grpc::ByteBuffer ItemList::Join(size_t begin, size_t end) const {
  size_t total = 0;
  for (size_t i = begin; i < end; ++i) total += items_[i].bytes->size();
  grpc::Slice slice(total);
  auto* out = const_cast<uint8_t*>(slice.begin());
  for (size_t i = begin; i < end; ++i) {
    std::memcpy(out, items_[i].bytes->data(), items_[i].bytes->size());
    out += items_[i].bytes->size();
  }
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer ItemList::Whole() const {
  return Join(0, items_.size());
}

std::vector<grpc::ByteBuffer> ItemList::Batches(size_t target_bytes) const {
  std::vector<grpc::ByteBuffer> batches;
  size_t begin = 0, bytes = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    bytes += items_[i].bytes->size();
    if (bytes < target_bytes && i + 1 < items_.size()) continue;
    batches.push_back(Join(begin, i + 1));
    begin = i + 1;
    bytes = 0;
  }
  return batches;
}

}  // namespace jobpod
