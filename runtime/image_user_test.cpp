#include "runtime/image_user.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

const ImageAccounts kAccounts{
    "root:x:0:0:root:/root:/bin/sh\nbad line\nworker:x:7:8:w:/home/worker:/bin/sh\n",
    "root:x:0:\nwheel:x:10:root,worker\nworkers:x:8:\nothers:x:11:root\n"};

std::string Show(const StatusOr<User>& user) {
  if (!user.ok()) return std::string(Message(user.status()));
  std::string text = Concat(user->uid(), ":", user->gid(), " ", user->home(), " [");
  for (uint32_t group : user->groups()) text += Concat(group, ";");
  return text + "]";
}

UserSpec ByName(const std::string& name) {
  UserSpec spec;
  spec.set_name(name);
  return spec;
}

UserSpec ByNumber(int64_t uid) {
  UserSpec spec;
  spec.set_uid(uid);
  return spec;
}

}  // namespace

TEST_CASE("who is asked for is looked up in the image's files") {
  CHECK(Show(ResolveImageUser({}, "", kAccounts)) == "0:0 /root [0;10;11;]");
  CHECK(Show(ResolveImageUser({}, "worker", kAccounts)) == "7:8 /home/worker [8;10;]");
  CHECK(Show(ResolveImageUser({}, "worker:others", kAccounts)) == "7:11 /home/worker [10;11;]");
  CHECK(Show(ResolveImageUser({}, "99:98", kAccounts)) == "99:98  [98;]");
  CHECK(Show(ResolveImageUser(ByName("worker"), "root", kAccounts)) == "7:8 /home/worker [8;10;]");
  CHECK(Show(ResolveImageUser(ByNumber(7), "", kAccounts)) == "7:8 /home/worker [8;10;]");
  CHECK(Show(ResolveImageUser(ByNumber(99), "", kAccounts)) == "99:0  [0;]");
  CHECK(Show(ResolveImageUser(ByNumber(99), "", {})) == "99:0  [0;]");
  CHECK(Show(ResolveImageUser({}, "", {})) == "0:0  [0;]");
}

TEST_CASE("groups asked for are added, those of the image left out when strict") {
  UserSpec spec = ByName("worker");
  spec.set_gid(5);
  spec.add_groups(6);
  CHECK(Show(ResolveImageUser(spec, "", kAccounts)) == "7:5 /home/worker [5;6;10;]");
  spec.set_strict_groups(true);
  CHECK(Show(ResolveImageUser(spec, "", kAccounts)) == "7:5 /home/worker [5;6;]");
}

TEST_CASE("a name the image does not know is said") {
  CHECK(absl::IsNotFound(ResolveImageUser(ByName("ghost"), "", kAccounts).status()));
  CHECK(Show(ResolveImageUser({}, "0:ghosts", kAccounts)).find("ghosts") != std::string::npos);
  CHECK(absl::IsInvalidArgument(ResolveImageUser(ByNumber(-1), "", kAccounts).status()));
}

}  // namespace jobpod
