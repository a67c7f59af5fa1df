#include "runtime/store.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

PodRecord MakePod(const std::string& id) {
  PodRecord pod;
  pod.set_id(id);
  pod.mutable_spec()->set_name("web");
  (*pod.mutable_spec()->mutable_labels())["app"] = "x";
  return pod;
}

TEST_CASE("records survive a reopened store") {
  TemporaryDirectory directory;
  {
    auto store = Store::Open(directory.path + "/pods.db");
    REQUIRE(store.ok());
    REQUIRE((*store)->Save(MakePod("a1")).ok());
    REQUIRE((*store)->Save(MakePod("a2")).ok());
    REQUIRE((*store)->DeletePod("a2").ok());
    ContainerRecord container;
    container.set_id("c1");
    container.set_pod_id("a1");
    container.mutable_plan()->add_argv(std::string("\xff\0x", 3));
    REQUIRE((*store)->Save(container).ok());
    REQUIRE((*store)->SetBootId("boot").ok());
  }
  auto store = Store::Open(directory.path + "/pods.db");
  REQUIRE(store.ok());
  auto content = (*store)->Load();
  REQUIRE(content.ok());
  REQUIRE(content->pods.size() == 1);
  CHECK(content->pods[0].spec().labels().at("app") == "x");
  REQUIRE(content->containers.size() == 1);
  CHECK(content->containers[0].plan().argv(0) == std::string("\xff\0x", 3));
  CHECK(content->boot_id == "boot");
  CHECK_FALSE((*store)->was_damaged());
}

TEST_CASE("a damaged database is set aside and a new one begun") {
  TemporaryDirectory directory;
  std::string path = directory.path + "/pods.db";
  std::ofstream(path) << std::string(8192, 'x');
  auto store = Store::Open(path);
  REQUIRE(store.ok());
  CHECK((*store)->was_damaged());
  CHECK((*store)->Load()->pods.empty());
  CHECK((*store)->Save(MakePod("a")).ok());
  size_t set_aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
    set_aside += entry.path().string().find(".damaged-") != std::string::npos;
  }
  CHECK(set_aside == 1);
}

TEST_CASE("a database of a newer daemon is refused with the remedy") {
  TemporaryDirectory directory;
  std::string path = directory.path + "/pods.db";
  REQUIRE(Store::Open(path).ok());
  {
    auto database = SqliteDatabase::Open(path, false);
    REQUIRE(database.ok());
    REQUIRE(database->Execute("UPDATE meta SET value=99 WHERE key='schema_version'").ok());
  }
  auto store = Store::Open(path);
  CHECK(absl::IsFailedPrecondition(store.status()));
  CHECK(std::string(Message(store.status())).find("schema version 99") != std::string::npos);
}

}  // namespace
}  // namespace jobpod
