#include "network/resolver.hpp"

#include <catch2/catch.hpp>

namespace jobpod {

TEST_CASE("resolv.conf says what was asked, and nothing is smuggled in") {
  CHECK(ResolverText({}).empty());
  CHECK(ResolverText({{"10.0.0.1", "fe80::1"}, {"a.example", "b.example"}, {"ndots:5", "rotate"}}) ==
        "search a.example b.example\nnameserver 10.0.0.1\nnameserver fe80::1\noptions ndots:5 rotate\n");
  CHECK(ResolverText({{"10.0.0.1\nnameserver 6.6.6.6", ""}, {"a b"}, {"rotate"}}) == "options rotate\n");
}

}  // namespace jobpod
