#include "runtime/cpu_rate.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

TEST_CASE("the rate of processor use is known from the second sample on") {
  CpuRate rate;
  CHECK_FALSE(rate.Add(kNow, 5'000'000'000).has_value());
  CHECK(rate.Add(kNow + 10 * kSecond, 10'000'000'000) == 500'000'000u);
  CHECK(rate.Add(kNow + 12 * kSecond, 14'000'000'000) == 2'000'000'000u);
  CHECK(rate.Add(kNow + 22 * kSecond, 14'000'000'000) == 0u);
}

TEST_CASE("samples close together keep the rate before them, and its span goes on") {
  CpuRate rate;
  CHECK_FALSE(rate.Add(kNow, 0).has_value());
  CHECK_FALSE(rate.Add(kNow + kSecond / 2, 900'000'000).has_value());
  CHECK(rate.Add(kNow + 2 * kSecond, 1'000'000'000) == 500'000'000u);
  CHECK(rate.Add(kNow + 2 * kSecond + 1, 9'000'000'000) == 500'000'000u);
}

TEST_CASE("a clock or counter that went back begins anew") {
  CpuRate rate;
  rate.Add(kNow, 4'000'000'000);
  CHECK(rate.Add(kNow + kSecond, 5'000'000'000) == 1'000'000'000u);
  CHECK(rate.Add(kNow - kSecond, 6'000'000'000) == 1'000'000'000u);
  CHECK(rate.Add(kNow + kSecond, 6'000'000'000) == 0u);
}

}  // namespace
}  // namespace jobpod
