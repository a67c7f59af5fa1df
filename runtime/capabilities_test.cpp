#include "runtime/capabilities.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

constexpr CapabilitySet kCustomary = 0xa80425fb;
constexpr CapabilitySet kAll = (CapabilitySet{1} << 41) - 1;

CapabilitySet Kept(CapabilityRequest request, CapabilitySet own = kAll) {
  return ChooseCapabilities(request, own).value().kept;
}

}  // namespace

TEST_CASE("a container gets the customary capabilities, and what is added less what is dropped") {
  CHECK(Kept({}) == kCustomary);
  CHECK(Kept({false, {"NET_ADMIN"}, {}, {}}) == (kCustomary | 1u << 12));
  CHECK(Kept({false, {"cap_net_admin"}, {"CAP_CHOWN"}, {}}) == ((kCustomary | 1u << 12) & ~1ull));
  CHECK(Kept({false, {}, {"ALL"}, {}}) == 0);
  CHECK(Kept({false, {"KILL"}, {"all"}, {}}) == 1u << 5);
  CHECK(Kept({false, {"ALL"}, {"KILL"}, {}}) == (kAll & ~(1ull << 5)));
  CHECK(Kept({true, {}, {"ALL"}, {}}) == kAll);
}

TEST_CASE("ambient capabilities are kept ones") {
  const Capabilities chosen = ChooseCapabilities({false, {}, {"ALL"}, {"NET_BIND_SERVICE"}}, kAll).value();
  CHECK(chosen.ambient == 1u << 10);
  CHECK(chosen.kept == 1u << 10);
}

TEST_CASE("a capability is refused when it is unknown, or not ours to give") {
  CHECK(absl::IsInvalidArgument(ChooseCapabilities({false, {"FLY"}, {}, {}}, kAll).status()));
  CHECK(absl::IsInvalidArgument(ChooseCapabilities({false, {}, {"FLY"}, {}}, kAll).status()));
  const Status refused = ChooseCapabilities({false, {"SYS_RESOURCE"}, {}, {}}, kCustomary).status();
  CHECK(absl::IsFailedPrecondition(refused));
  CHECK(Message(refused).find("CAP_SYS_RESOURCE") != std::string_view::npos);
  CHECK(Kept({false, {"ALL"}, {}, {}}, kCustomary) == kCustomary);
}

}  // namespace jobpod
