#include "runtime/host_journal.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

TEST_CASE("the journal keeps its order, replaces and strikes, also after a reopen") {
  TemporaryDirectory directory;
  {
    auto journal = HostJournal::Open(directory.path + "/host.db");
    REQUIRE(journal.ok());
    REQUIRE((*journal)->Write({"c1", "stub", "/b", 0, 0}).ok());
    REQUIRE((*journal)->Write({"c1", "stub", "/a", 0, 0}).ok());
    REQUIRE((*journal)->Write({"c2", "stub", "/a", 1, 2}).ok());
    REQUIRE((*journal)->Write({"c1", "stub", "/b", 7, 8}).ok());
  }
  auto journal = HostJournal::Open(directory.path + "/host.db");
  REQUIRE(journal.ok());
  auto owned = (*journal)->OwnedBy("c1");
  REQUIRE(owned.size() == 2);
  CHECK(owned[0].path == "/a");
  CHECK(owned[1].inode == 8);
  CHECK((*journal)->ForPath("/a").size() == 2);
  REQUIRE((*journal)->Strike("c1", "stub", "/a").ok());
  REQUIRE((*journal)->Strike("c1", "stub", "/none").ok());
  CHECK((*journal)->ForPath("/a").size() == 1);
  CHECK((*journal)->All().size() == 2);
}

TEST_CASE("an account in the journal is there after a reopen") {
  TemporaryDirectory directory;
  REQUIRE((*HostJournal::Open(directory.path + "/host.db"))->Write({"c1", "user", "jobpod-1", 0, 0}).ok());
  CHECK((*HostJournal::Open(directory.path + "/host.db"))->OwnedBy("c1").size() == 1);
}

TEST_CASE("a damaged journal is set aside and a new one begun") {
  TemporaryDirectory directory;
  std::ofstream(directory.path + "/host.db") << std::string(8192, 'x');
  auto journal = HostJournal::Open(directory.path + "/host.db");
  REQUIRE(journal.ok());
  CHECK((*journal)->All().empty());
  CHECK((*journal)->Write({"c1", "stub", "/a", 0, 0}).ok());
}

}  // namespace
}  // namespace jobpod
