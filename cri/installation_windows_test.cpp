#include "cri/installation_windows.hpp"

#include <windows.h>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/security_windows.hpp"
#include "base/temporary_directory.hpp"
#include "cri/config.hpp"
#include "cri/root_lock.hpp"

namespace jobpod {
namespace {

void LetEverybodyWrite(const std::string& path) {
  const auto opened = OpenPath(path, WRITE_DAC, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  REQUIRE(opened.ok());
  const auto open = Security::Parse(L"D:(A;OICI;FA;;;WD)");
  REQUIRE(open.ok());
  REQUIRE(SetKernelObjectSecurity(opened->get(), DACL_SECURITY_INFORMATION, open->descriptor()));
}

struct Places {
  InstallationPlaces both() const { return {.programs = programs, .data = data}; }

  const TemporaryDirectory directory;
  const std::string programs = directory.path + "\\programs", data = directory.path + "\\data",
                    config = data + "\\config.toml";
};

TEST_CASE("an installation's directories are made for administrators, with a configuration of their own") {
  const Places places;
  const Status prepared = PrepareInstallation(places.both());
  INFO(prepared.ToString());
  REQUIRE(prepared.ok());
  CHECK(CheckProtected(places.programs).ok());
  for (const char* name : {"", "\\root", "\\root\\preload", "\\state", "\\logs", "\\registry.d"})
    CHECK(CheckProtected(places.data + name).ok());
  const auto config = LoadConfig(places.config, {});
  INFO(config.status().ToString());
  REQUIRE(config.ok());
  CHECK(config->root == places.data + "\\root");
  CHECK(config->registry_config == places.data + "\\registry.d");
  CHECK(config->preload == places.data + "\\root\\preload");
}

TEST_CASE("an installation takes over what others may change, and keeps its configuration") {
  const Places places;
  REQUIRE(PrepareInstallation(places.both()).ok());
  const std::string text = "version = 1\nlog_level = \"debug\"\n";
  REQUIRE(WriteFileAtomic(places.config, text, 0600).ok());
  for (const std::string& path : {places.programs, places.data, places.data + "\\registry.d"}) LetEverybodyWrite(path);
  REQUIRE(PrepareInstallation(places.both()).ok());
  for (const std::string& path : {places.programs, places.data, places.data + "\\registry.d"})
    CHECK(CheckProtected(path).ok());
  CHECK(*ReadFile(places.config, 1000) == text);
}

TEST_CASE("a configuration that everybody may change is neither read nor installed") {
  const Places places;
  REQUIRE(PrepareInstallation(places.both()).ok());
  LetEverybodyWrite(places.config);
  CHECK(absl::IsPermissionDenied(LoadConfig(places.config, {}).status()));
  const Status refused = PrepareInstallation(places.both());
  INFO(refused.ToString());
  CHECK(absl::IsPermissionDenied(refused));
  CHECK(refused.message().find("config.toml") != absl::string_view::npos);
}

TEST_CASE("a program that everybody may change is not installed beside") {
  const Places places;
  REQUIRE(PrepareInstallation(places.both()).ok());
  REQUIRE(WriteFileAtomic(places.programs + "\\version.dll", "x").ok());
  LetEverybodyWrite(places.programs + "\\version.dll");
  const Status refused = PrepareInstallation(places.both());
  INFO(refused.ToString());
  CHECK(absl::IsPermissionDenied(refused));
  CHECK(refused.message().find("version.dll") != absl::string_view::npos);
}

TEST_CASE("data are removed with their deepest paths, and nothing that is no data directory") {
  const Places places;
  REQUIRE(PrepareInstallation(places.both()).ok());
  std::string deep = places.data + "\\root\\images";
  for (int i = 0; i < 8; ++i) deep += "\\" + std::string(50, 'd');
  REQUIRE(MakeDirectories(deep).ok());
  REQUIRE(WriteFileAtomic(deep + "\\file", "x").ok());
  CHECK(absl::IsFailedPrecondition(EraseData(places.programs)));
  CHECK(PathExists(places.programs));
  const Status erased = EraseData(places.data + "\\");
  INFO(erased.ToString());
  CHECK(erased.ok());
  CHECK_FALSE(PathExists(places.data));
  CHECK(EraseData(places.data).ok());
}

TEST_CASE("a whole volume is no place for an installation") {
  const Places places;
  CHECK(absl::IsInvalidArgument(PrepareInstallation({.programs = "C:\\", .data = places.data})));
  CHECK(absl::IsInvalidArgument(PrepareInstallation({.programs = places.programs, .data = ""})));
}

TEST_CASE("a daemon takes over its root, and directories it believes, whoever could change them") {
  const TemporaryDirectory directory;
  const std::string root = directory.path + "\\root", input = directory.path + "\\registry.d";
  for (const std::string& path : {root, input}) {
    REQUIRE(MakeDirectories(path).ok());
    LetEverybodyWrite(path);
  }
  const auto lock = LockRoot(root);
  INFO(lock.status().ToString());
  REQUIRE(lock.ok());
  CHECK(CheckProtected(root).ok());
  REQUIRE(ProtectInput(input).ok());
  CHECK(CheckProtected(input).ok());
}

}  // namespace
}  // namespace jobpod
