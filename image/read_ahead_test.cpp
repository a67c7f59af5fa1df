#include "image/read_ahead.hpp"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <string>

namespace jobpod {
namespace {

// Gives `count` numbered pieces out of a ring that keeps only as many as ReadAhead asks for, then `end`.
class Numbers final : public ByteStream {
 public:
  Numbers(int count, Status end) : count_(count), end_(std::move(end)) {}
  StatusOr<std::string_view> Next() override {
    const int number = given++;
    if (number >= count_ && !end_.ok()) return end_;
    if (number >= count_) return std::string_view();
    std::string& place = ring_[static_cast<size_t>(number) % ReadAhead::kPieces];
    place = std::string(1000, 'x') + std::to_string(number);
    return std::string_view(place);
  }
  std::atomic<int> given = 0;

 private:
  const int count_;
  const Status end_;
  std::array<std::string, ReadAhead::kPieces> ring_;
};

TEST_CASE("pieces read ahead come in order, and none is overwritten while it is held") {
  Numbers numbers(2000, absl::OkStatus());
  ReadAhead ahead(numbers);
  for (int i = 0; i < 2000; ++i) {
    const auto piece = ahead.Next();
    REQUIRE(piece.ok());
    REQUIRE(std::string(*piece) == std::string(1000, 'x') + std::to_string(i));
    REQUIRE(numbers.given <= i + static_cast<int>(ReadAhead::kPieces));
  }
  CHECK(ahead.Next()->empty());
  CHECK(ahead.Next()->empty());
}

TEST_CASE("an error read ahead comes after the pieces before it, and again") {
  Numbers numbers(2, absl::DataLossError("damaged"));
  ReadAhead ahead(numbers);
  CHECK(ahead.Next().ok());
  CHECK(ahead.Next().ok());
  CHECK(absl::IsDataLoss(ahead.Next().status()));
  CHECK(absl::IsDataLoss(ahead.Next().status()));
}

TEST_CASE("reading ahead ends with its reader") {
  Numbers numbers(1'000'000, absl::OkStatus());
  {
    ReadAhead ahead(numbers);
    CHECK(ahead.Next().ok());
  }
  CHECK(numbers.given <= 1 + static_cast<int>(ReadAhead::kPieces));
}

}  // namespace
}  // namespace jobpod
