// Profiles in the form of the OCI runtime specification, config-linux.md "Seccomp".
#include <linux/seccomp.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "runtime/seccomp_filter_linux.hpp"

namespace jobpod {
namespace {

using Json = nlohmann::json;

template <typename Value>
struct Word {
  std::string_view name;
  Value value;
};

constexpr std::array kActions = {
    Word<uint32_t>{"SCMP_ACT_KILL", SCMP_ACT_KILL},
    Word<uint32_t>{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
    Word<uint32_t>{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
    Word<uint32_t>{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
    Word<uint32_t>{"SCMP_ACT_LOG", SCMP_ACT_LOG},
    Word<uint32_t>{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
};

constexpr std::array kOperators = {
    Word<scmp_compare>{"SCMP_CMP_NE", SCMP_CMP_NE},
    Word<scmp_compare>{"SCMP_CMP_LT", SCMP_CMP_LT},
    Word<scmp_compare>{"SCMP_CMP_LE", SCMP_CMP_LE},
    Word<scmp_compare>{"SCMP_CMP_EQ", SCMP_CMP_EQ},
    Word<scmp_compare>{"SCMP_CMP_GE", SCMP_CMP_GE},
    Word<scmp_compare>{"SCMP_CMP_GT", SCMP_CMP_GT},
    Word<scmp_compare>{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

constexpr std::array kFlags = {
    Word<uint32_t>{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    Word<uint32_t>{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    // The process has one thread when the filter is put on.
    Word<uint32_t>{"SECCOMP_FILTER_FLAG_TSYNC", 0},
};

template <typename Table>
auto Find(const Table& table, const std::string& name) -> StatusOr<decltype(table[0].value)> {
  for (const auto& word : table) {
    if (word.name == name) return word.value;
  }
  return absl::InvalidArgumentError(Concat("\"", name, "\" is not supported"));
}

// nlohmann throws on a wrong type: `Compile` turns that into a status.
StatusOr<uint32_t> Action(const std::string& name, const Json& owner, const char* number) {
  const auto code = owner.value(number, static_cast<uint32_t>(EPERM));
  if (name == "SCMP_ACT_ERRNO") return static_cast<uint32_t>(SCMP_ACT_ERRNO(code & 0xffff));
  if (name == "SCMP_ACT_TRACE") return static_cast<uint32_t>(SCMP_ACT_TRACE(code & 0xffff));
  return Find(kActions, name);
}

StatusOr<scmp_arg_cmp> Argument(const Json& json) {
  ASSIGN_OR_RETURN(scmp_compare compare, Find(kOperators, json.at("op").get<std::string>()));
  unsigned index = json.at("index").get<unsigned>();
  if (index > 5) return absl::InvalidArgumentError(Concat("a call has no argument ", index));
  // For MASKED_EQ "value" is the mask and "valueTwo" what it must give.
  return scmp_arg_cmp{index, compare, json.at("value").get<uint64_t>(), json.value("valueTwo", uint64_t{0})};
}

// Several conditions on one argument cannot stand in one rule of libseccomp: each becomes a rule of its own,
// as in runc.
Status AddRules(const Json& rule, uint32_t action, SeccompFilter& filter) {
  std::vector<scmp_arg_cmp> arguments;
  std::array<int, 6> uses{};
  bool repeated = false;
  const Json given = rule.value("args", Json::array());
  for (const Json& json : given.is_null() ? Json::array() : given) {
    ASSIGN_OR_RETURN(scmp_arg_cmp argument, Argument(json));
    repeated = ++uses[argument.arg] > 1 || repeated;
    arguments.push_back(argument);
  }
  for (const Json& name : rule.at("names")) {
    if (!repeated) {
      RETURN_IF_ERROR(filter.AddRule(name.get<std::string>(), action, arguments));
      continue;
    }
    for (const scmp_arg_cmp& argument : arguments) {
      RETURN_IF_ERROR(filter.AddRule(name.get<std::string>(), action, std::array{argument}));
    }
  }
  return absl::OkStatus();
}

Status AddArchitectures(const Json& profile, SeccompFilter& filter) {
  for (const Json& json : profile.value("architectures", Json::array())) {
    // "SCMP_ARCH_X86_64" → "x86_64"
    std::string name = json.get<std::string>();
    constexpr std::string_view kPrefix = "SCMP_ARCH_";
    if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    uint32_t token = seccomp_arch_resolve_name(name.c_str());
    if (token != 0) RETURN_IF_ERROR(filter.AddArchitecture(token));
  }
  return absl::OkStatus();
}

StatusOr<SeccompProgram> Compile(const Json& profile) {
  if (profile.contains("listenerPath")) return absl::InvalidArgumentError("listenerPath is not supported");
  ASSIGN_OR_RETURN(uint32_t otherwise,
                   Action(profile.at("defaultAction").get<std::string>(), profile, "defaultErrnoRet"));
  ASSIGN_OR_RETURN(SeccompFilter filter, SeccompFilter::Create(otherwise));
  RETURN_IF_ERROR(AddArchitectures(profile, filter));
  for (const Json& rule : profile.value("syscalls", Json::array())) {
    if (rule.contains("includes") || rule.contains("excludes")) {
      return absl::InvalidArgumentError(
          "includes and excludes are Docker's extension of the format and not supported");
    }
    ASSIGN_OR_RETURN(uint32_t action, Action(rule.at("action").get<std::string>(), rule, "errnoRet"));
    RETURN_IF_ERROR(AddRules(rule, action, filter));
  }
  ASSIGN_OR_RETURN(SeccompProgram program, filter.Export());
  for (const Json& flag : profile.value("flags", Json::array())) {
    ASSIGN_OR_RETURN(uint32_t value, Find(kFlags, flag.get<std::string>()));
    program.flags |= value;
  }
  return program;
}

}  // namespace

StatusOr<SeccompProgram> CompileSeccomp(const std::string& json, const std::string& name) {
  try {
    StatusOr<SeccompProgram> program = Compile(Json::parse(json));
    if (program.ok()) return program;
    return absl::InvalidArgumentError(Concat("seccomp profile ", name, ": ", Message(program.status())));
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(Concat("seccomp profile ", name, ": ", error.what()));
  }
}

}  // namespace jobpod
