#include "image/decompress.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <random>

#include "image/layer_test_tools.hpp"

namespace jobpod::test {
namespace {

using Catch::Matchers::Contains;

class Pieces final : public ByteStream {
 public:
  Pieces(std::string bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  StatusOr<std::string_view> Next() override {
    std::string_view next = std::string_view(bytes_).substr(at_, piece_);
    at_ += next.size();
    return next;
  }

 private:
  std::string bytes_;
  size_t piece_, at_ = 0;
};

StatusOr<std::string> Decode(const std::string& blob, size_t piece = 1u << 20, size_t window = 1u << 16) {
  Pieces pieces(blob, piece);
  ASSIGN_OR_RETURN(auto decoder, MakeDecoder(DetectCompression(blob), pieces));
  std::string out, buffer(window, '\0');
  for (;;) {
    ASSIGN_OR_RETURN(size_t got, decoder->Read(buffer.data(), window));
    out.append(buffer, 0, got);
    if (got < window) break;
  }
  ASSIGN_OR_RETURN(size_t more, decoder->Read(buffer.data(), window));
  CHECK(more == 0);
  return out;
}

// Without printing all the bytes when they differ.
bool Gives(const StatusOr<std::string>& result, const std::string& wanted) {
  INFO(result.status().ToString());
  CHECK(result.ok());
  if (!result.ok()) return false;
  auto [got, want] = std::mismatch(result->begin(), result->end(), wanted.begin(), wanted.end());
  INFO("differs at " << want - wanted.begin() << " of " << wanted.size() << ", got " << result->size());
  CHECK(result->size() == wanted.size());
  return *result == wanted;
}

// Half noise, half text: stored, fixed and dynamic blocks come up.
std::string Sample(size_t size) {
  std::mt19937 random(7);
  std::string out;
  while (out.size() < size) {
    for (int at = 0; at < 300; ++at) out += static_cast<char>(random());
    out += "the same words again and again, the same words " + std::to_string(out.size());
  }
  return out.substr(0, size);
}

// A gzip header with every optional field, before the deflate data of `gzip`.
std::string WithAllFields(const std::string& gzip) {
  std::string head("\x1f\x8b\x08\x1f\0\0\0\0\0\x03", 10);
  head[3] = 0x1E;  // CRC, extra, name, comment
  head += std::string(
              "\x05\x00"
              "extra",
              7) +
          std::string("name\0", 5) + std::string("comment\0", 8);
  uint32_t sum = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(head.size())));
  head += static_cast<char>(sum & 0xFF);
  head += static_cast<char>(sum >> 8 & 0xFF);
  return head + gzip.substr(10);
}

void CheckError(const StatusOr<std::string>& result, absl::StatusCode code, const std::string& words) {
  INFO(result.status().ToString());
  CHECK(result.status().code() == code);
  CHECK_THAT(std::string(Message(result.status())), Contains(words));
}

TEST_CASE("streams decode whatever pieces go in and out") {
  std::string sample = Sample(200'000);
  for (const std::string& blob : {Gzip(sample), Gzip(sample, 1), Gzip(sample, 0), Zstd(sample),
                                  WithAllFields(Gzip(sample)), std::string(sample)}) {
    for (size_t piece : {1u, 3u, 1000u, 1u << 20}) {
      CHECK(Gives(Decode(blob, piece), sample));
      CHECK(Gives(Decode(blob, piece, 77), sample));
    }
  }
}

TEST_CASE("members and frames one after the other are one stream") {
  std::string one = Sample(70'000), two = "second", three = Sample(100);
  std::string gzip = Gzip(one) + Gzip("") + WithAllFields(Gzip(two)) + Gzip(three, 0);
  std::string skip("\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
  std::string zstd = skip + Zstd(one) + Zstd("") + skip + Zstd(two) + Zstd(three);
  for (size_t piece : {1u, 2u, 5u, 70'000u, 1u << 20}) {
    CHECK(Gives(Decode(gzip, piece), one + two + three));
    CHECK(Gives(Decode(zstd, piece), one + two + three));
  }
}

TEST_CASE("zeros after gzip data are padding, other bytes are not") {
  std::string gzip = Gzip("abc");
  for (size_t piece : {1u, 100u, 1u << 20}) {
    CHECK(Decode(gzip + std::string(2000, '\0'), piece).value() == "abc");
    CheckError(Decode(gzip + "garbage", piece), absl::StatusCode::kInvalidArgument,
               "offset " + std::to_string(gzip.size()));
    CheckError(Decode(gzip + std::string(9, '\0') + gzip, piece), absl::StatusCode::kInvalidArgument,
               "offset " + std::to_string(gzip.size() + 9));
    CheckError(Decode(gzip + "\x1f" + "arbage, long enough", piece), absl::StatusCode::kDataLoss, "header");
    CheckError(Decode(Zstd("abc") + "garbage", piece), absl::StatusCode::kDataLoss, "offset");
  }
}

TEST_CASE("a gzip member with flags that nobody knows is refused") {
  for (const char flag : {'\x20', '\x40', '\x80'}) {
    std::string unknown = Gzip("abc");
    unknown[3] = static_cast<char>(unknown[3] | flag);
    for (size_t piece : {1u, 1u << 20}) {
      CheckError(Decode(unknown, piece), absl::StatusCode::kDataLoss, "flags");
      CheckError(Decode(Gzip("abc") + unknown, piece), absl::StatusCode::kDataLoss, "flags");
    }
  }
}

TEST_CASE("a stream cut off anywhere is an error") {
  std::string sample = Sample(3000);
  for (const std::string& blob : {Gzip(sample), WithAllFields(Gzip("abc")), Zstd(sample)}) {
    for (size_t keep = 4; keep < blob.size(); ++keep) {
      INFO(keep);
      CheckError(Decode(blob.substr(0, keep), 1000), absl::StatusCode::kDataLoss, "ends early");
      CheckError(Decode(blob.substr(0, keep), 1), absl::StatusCode::kDataLoss, "ends early");
    }
  }
}

TEST_CASE("a changed stream never decodes to something else") {
  std::string sample = Sample(2000), gzip = Gzip(sample), zstd = Zstd(sample);
  for (std::string* blob : {&gzip, &zstd}) {
    for (size_t at = 10; at < blob->size(); ++at) {
      std::string changed = *blob;
      changed[at] ^= 0x10;
      StatusOr<std::string> result = Decode(changed);
      INFO(at);
      CHECK((!result.ok() || *result == sample));
    }
  }
  gzip[gzip.size() - 6] ^= 1;
  CheckError(Decode(gzip), absl::StatusCode::kDataLoss, "checksum");
}

TEST_CASE("zstd windows are taken up to 128 MiB") {
  std::string sample = Sample(10'000);
  CHECK(Gives(Decode(Zstd(sample, 27)), sample));
  CHECK(Gives(Decode(Zstd(sample, 27), 1), sample));
  CHECK(Gives(Decode(Zstd("abc") + Zstd(sample, 27) + Zstd("abc", 25), 3), "abc" + sample + "abc"));
  CheckError(Decode(Zstd(sample, 28)), absl::StatusCode::kDataLoss, "memory");
}

TEST_CASE("one zstd stream with a wide window is decoded at a time") {
  WideWindows windows;
  const std::string sample = Sample(10'000), wide = Zstd(sample, 27), usual = Zstd(sample, 23);
  char byte = 0;
  Pieces first_bytes(wide, 100), second_bytes(wide, 100), usual_bytes(usual, 100);
  auto first = MakeDecoder(Compression::kZstd, first_bytes, &windows).value();
  REQUIRE(first->Read(&byte, 1).value() == 1);
  CHECK(MakeDecoder(Compression::kZstd, usual_bytes, &windows).value()->Read(&byte, 1).ok());
  std::stop_source stop;
  stop.request_stop();
  auto second = MakeDecoder(Compression::kZstd, second_bytes, &windows, stop.get_token()).value();
  CHECK(absl::IsCancelled(second->Read(&byte, 1).status()));
  first.reset();
  CHECK(Gives(Decode(wide, 100), sample));
  Pieces third_bytes(wide, 100);
  CHECK(MakeDecoder(Compression::kZstd, third_bytes, &windows, stop.get_token()).value()->Read(&byte, 1).ok());
}

TEST_CASE("the compression is seen from the first bytes") {
  CHECK(DetectCompression(Gzip("")) == Compression::kGzip);
  CHECK(DetectCompression(Zstd("")) == Compression::kZstd);
  CHECK(DetectCompression(std::string("\x5f\x2a\x4d\x18", 4)) == Compression::kZstd);
  CHECK(DetectCompression(Tar({{.name = "x"}})) == Compression::kNone);
  CHECK(DetectCompression("") == Compression::kNone);
}

}  // namespace
}  // namespace jobpod::test
