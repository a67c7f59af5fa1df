#include "runtime/seccomp.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

std::string Refusal(const std::string& json) {
  const StatusOr<SeccompProgram> program = CompileSeccomp(json, "p.json");
  CHECK(absl::IsInvalidArgument(program.status()));
  return std::string(Message(program.status()));
}

constexpr size_t kInstruction = 8;

}  // namespace

TEST_CASE("the default profile is a program the kernel can take, and depends on the capabilities") {
  const StatusOr<SeccompProgram> plain = DefaultSeccomp(0xa80425fb);
  REQUIRE(plain.ok());
  CHECK(plain->filter.size() > 100 * kInstruction);
  CHECK(plain->filter.size() <= 4096 * kInstruction);
  CHECK(plain->filter.size() % kInstruction == 0);
  CHECK(DefaultSeccomp(1u << 21)->filter != DefaultSeccomp(0)->filter);
}

TEST_CASE("a profile of the node is compiled") {
  const StatusOr<SeccompProgram> program = CompileSeccomp(
      R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "flags": ["SECCOMP_FILTER_FLAG_LOG"],
          "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_S390X"],
          "syscalls": [
            {"names": ["read", "write", "not_a_call_yet"], "action": "SCMP_ACT_ALLOW", "args": null},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NE"}, {"index": 0, "value": 2, "op": "SCMP_CMP_NE"}]}]})",
      "p.json");
  INFO(Message(program.status()));
  REQUIRE(program.ok());
  CHECK(program->flags == 2);
  CHECK(!program->filter.empty());
}

TEST_CASE("what a profile says and is not understood is refused by name") {
  CHECK(Refusal("{").find("p.json") != std::string::npos);
  CHECK(Refusal("{}").find("defaultAction") != std::string::npos);
  CHECK(Refusal(R"({"defaultAction": "SCMP_ACT_HOPE"})").find("SCMP_ACT_HOPE") != std::string::npos);
  CHECK(Refusal(
            R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL",
                  "includes": {"caps": ["CAP_SYS_ADMIN"]}}]})")
            .find("includes") != std::string::npos);
  CHECK(Refusal(
            R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL",
                  "args": [{"index": 9, "value": 0, "op": "SCMP_CMP_EQ"}]}]})")
            .find("argument 9") != std::string::npos);
  CHECK(Refusal(R"({"defaultAction": 7})").find("p.json") != std::string::npos);
}

}  // namespace jobpod
