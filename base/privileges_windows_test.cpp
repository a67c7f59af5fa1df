#include "base/privileges_windows.hpp"

#include <windows.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/handle_windows.hpp"

namespace jobpod {
namespace {

bool IsOn(const wchar_t* name) {
  HANDLE opened = nullptr;
  REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened));
  const Handle token(opened);
  PRIVILEGE_SET wanted{1, PRIVILEGE_SET_ALL_NECESSARY, {}};
  // Wine has no name for some.
  if (!LookupPrivilegeValueW(nullptr, name, &wanted.Privilege[0].Luid)) return false;
  BOOL on = FALSE;
  REQUIRE(PrivilegeCheck(token.get(), &wanted, &on));
  return on;
}

void SwitchOff(const wchar_t* name) {
  HANDLE opened = nullptr;
  REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &opened));
  const Handle token(opened);
  TOKEN_PRIVILEGES wanted{1, {}};
  if (!LookupPrivilegeValueW(nullptr, name, &wanted.Privileges[0].Luid)) return;
  REQUIRE(AdjustTokenPrivileges(token.get(), FALSE, &wanted, 0, nullptr, nullptr));
}

TEST_CASE("privileges that are held are switched on, and the others named") {
  for (const Privilege& privilege : UsedPrivileges()) SwitchOff(privilege.name);
  CHECK_FALSE(IsOn(L"SeBackupPrivilege"));
  const auto missing = EnablePrivileges();
  REQUIRE(missing.ok());
  CHECK(missing->size() < UsedPrivileges().size());
  for (const Privilege& privilege : UsedPrivileges()) {
    CAPTURE(privilege.cost);
    const bool named = std::ranges::any_of(*missing, [&](const Privilege& one) { return one.name == privilege.name; });
    CHECK(IsOn(privilege.name) != named);
  }
}

}  // namespace
}  // namespace jobpod
