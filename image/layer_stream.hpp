// The two ends of a layer's stream: the compressed bytes as they come, and the tar bytes as they are
// decoded, each with its digest.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "image/byte_stream.hpp"
#include "image/decompress.hpp"
#include "image/hash_ring.hpp"
#include "image/layer_unpack.hpp"

namespace jobpod {

// The compressed blob. Not thread-safe.
class BlobStream final : public ByteStream {
 public:
  BlobStream(const ByteSource& source, HashThread& thread, std::stop_token stop);

  StatusOr<std::string_view> Next() override;

  // The first piece without taking it; empty for an empty blob.
  StatusOr<std::string_view> Peek();

  // For a plain blob, whose digest is that of the tar stream.
  void StopHashing() { hashing_ = false; }

  uint64_t bytes() const { return bytes_; }
  std::string Digest() { return ring_.Finish(); }

 private:
  StatusOr<std::string_view> Fill();

  const ByteSource& source_;
  HashRing ring_;
  std::stop_token stop_;
  std::string_view peeked_;
  uint64_t bytes_ = 0;
  bool hashing_ = true, ended_ = false;
};

// The tar stream. ResourceExhausted as soon as it is longer than the budget has left, or is out of all
// proportion to the blob. Not thread-safe.
class TarStream final : public ByteStream {
 public:
  // Borrows all but `stop`; `decoder` reads `blob`.
  TarStream(Decoder& decoder, const BlobStream& blob, HashThread& thread, UnpackBudget& budget,
            std::stop_token stop);

  StatusOr<std::string_view> Next() override;
  std::string Digest() { return ring_.Finish(); }

 private:
  Status CheckRatio() const;

  Decoder& decoder_;
  const BlobStream& blob_;
  HashRing ring_;
  UnpackBudget& budget_;
  std::stop_token stop_;
  uint64_t bytes_ = 0;
};

}  // namespace jobpod
