#include "base/protected_directory_windows.hpp"

#include <aclapi.h>
#include <sddl.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/link_windows.hpp"
#include "base/owner_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/security_windows.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

// Wine keeps no more of an access list than a mode of its host has room for.
void LetEverybodyWrite(const std::string& path) {
  auto directory = OpenPath(path, WRITE_DAC, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  REQUIRE(directory.ok());
  auto open = Security::Parse(L"D:(A;OICI;FA;;;WD)");
  REQUIRE(open.ok());
  REQUIRE(SetKernelObjectSecurity(directory->get(), DACL_SECURITY_INFORMATION, open->descriptor()));
}

PSID Sid(const wchar_t* text) {
  PSID sid = nullptr;
  REQUIRE(ConvertStringSidToSidW(text, &sid));
  return sid;
}

TEST_CASE("a directory that everybody may change is noticed, and protected") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "\\root";
  REQUIRE(MakeDirectories(path).ok());
  LetEverybodyWrite(path);
  const Status open = CheckProtected(path);
  CAPTURE(open.ToString());
  CHECK(absl::IsPermissionDenied(open));
  CHECK(open.message().find("Everyone") != absl::string_view::npos);
  for (OthersMay others : {OthersMay::kRead, OthersMay::kNothing}) {
    LetEverybodyWrite(path);
    REQUIRE(ProtectDirectory(path, others).ok());
    CHECK(CheckProtected(path).ok());
  }
  CHECK(WriteFileAtomic(path + "\\file", "x").ok());
}

TEST_CASE("a protected directory is made with its parents") {
  TemporaryDirectory directory;
  const std::string path = directory.path + "\\a\\b";
  const Status made = ProtectDirectory(path, OthersMay::kNothing);
  CAPTURE(made.ToString());
  CHECK(made.ok());
  CHECK(CheckProtected(path).ok());
  CHECK(CheckProtected(directory.path + "\\a").ok());
}

TEST_CASE("a link and a file are not taken for a protected directory") {
  TemporaryDirectory directory;
  const std::string target = directory.path + "\\target", link = directory.path + "\\link";
  REQUIRE(MakeDirectories(target).ok());
  auto parent = OpenDirectory(directory.path);
  REQUIRE(MakeLinkAt(parent->get(), L"link", target, true).ok());
  if (!RunsUnderWine()) {  // whose links by handle are what they lead to
    CHECK(absl::IsFailedPrecondition(ProtectDirectory(link, OthersMay::kRead)));
    CHECK(absl::IsFailedPrecondition(CheckProtected(link)));
  }
  REQUIRE(WriteFileAtomic(directory.path + "\\file", "x").ok());
  CHECK(absl::IsFailedPrecondition(ProtectDirectory(directory.path + "\\file", OthersMay::kRead)));
  CHECK(RemoveLinkAt(parent->get(), L"link").ok());
}

TEST_CASE("the installer of Windows is trusted with its directories, a user is not") {
  const PSID installer = Sid(L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"),
             users = Sid(L"S-1-5-32-545"), service = Sid(L"S-1-5-80-1-2-3-4-5"), nobody = Sid(L"S-1-5-21-1-2-3-1004");
  ScopeExit free([&] {
    for (PSID sid : {installer, users, service, nobody}) LocalFree(sid);
  });
  CHECK(IsTrusted(installer));
  CHECK_FALSE(IsTrusted(users));
  CHECK_FALSE(IsTrusted(service));
  CHECK_FALSE(IsTrusted(nobody));
  CHECK(NameOfAccount(nobody) == "S-1-5-21-1-2-3-1004");
}

TEST_CASE("an access list that is none is an error, not no list") {
  CHECK_FALSE(Security::Parse(L"D:P(A;;GA").ok());
  CHECK(Security::Parse(kPrivateObject).ok());
}

}  // namespace
}  // namespace jobpod
