#include "runtime/capabilities.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace jobpod {
namespace {

// In the order of the kernel's numbers, capabilities(7).
constexpr std::array<std::string_view, 41> kNames = {"CHOWN",
                                                     "DAC_OVERRIDE",
                                                     "DAC_READ_SEARCH",
                                                     "FOWNER",
                                                     "FSETID",
                                                     "KILL",
                                                     "SETGID",
                                                     "SETUID",
                                                     "SETPCAP",
                                                     "LINUX_IMMUTABLE",
                                                     "NET_BIND_SERVICE",
                                                     "NET_BROADCAST",
                                                     "NET_ADMIN",
                                                     "NET_RAW",
                                                     "IPC_LOCK",
                                                     "IPC_OWNER",
                                                     "SYS_MODULE",
                                                     "SYS_RAWIO",
                                                     "SYS_CHROOT",
                                                     "SYS_PTRACE",
                                                     "SYS_PACCT",
                                                     "SYS_ADMIN",
                                                     "SYS_BOOT",
                                                     "SYS_NICE",
                                                     "SYS_RESOURCE",
                                                     "SYS_TIME",
                                                     "SYS_TTY_CONFIG",
                                                     "MKNOD",
                                                     "LEASE",
                                                     "AUDIT_WRITE",
                                                     "AUDIT_CONTROL",
                                                     "SETFCAP",
                                                     "MAC_OVERRIDE",
                                                     "MAC_ADMIN",
                                                     "SYSLOG",
                                                     "WAKE_ALARM",
                                                     "BLOCK_SUSPEND",
                                                     "AUDIT_READ",
                                                     "PERFMON",
                                                     "BPF",
                                                     "CHECKPOINT_RESTORE"};

// What container engines have given since Docker's first days, and images count on.
constexpr std::array<std::string_view, 14> kCustomary = {
    "CHOWN",  "DAC_OVERRIDE", "FSETID",  "FOWNER",           "MKNOD",      "NET_RAW", "SETGID",
    "SETUID", "SETFCAP",      "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",    "AUDIT_WRITE"};

constexpr std::string_view kPrefix = "CAP_";

std::string Upper(const std::string& text) {
  std::string upper = text;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

std::optional<int> NumberOf(std::string_view bare) {
  auto found = std::find(kNames.begin(), kNames.end(), bare);
  return found == kNames.end() ? std::nullopt : std::optional<int>(static_cast<int>(found - kNames.begin()));
}

bool IsAll(const std::string& name) {
  return Upper(name) == "ALL";
}

bool HasAll(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), IsAll);
}

CapabilitySet Customary() {
  CapabilitySet set = 0;
  for (std::string_view name : kCustomary) set |= CapabilitySet{1} << *NumberOf(name);
  return set;
}

StatusOr<CapabilitySet> SetOf(const std::vector<std::string>& names, const char* field) {
  CapabilitySet set = 0;
  for (const std::string& name : names) {
    if (IsAll(name)) continue;
    std::optional<int> number = CapabilityNumber(name);
    if (!number) {
      return absl::InvalidArgumentError(
          Concat("linux.security_context.capabilities.", field, ": \"", name, "\" is no capability"));
    }
    set |= CapabilitySet{1} << *number;
  }
  return set;
}

Status CheckGiven(CapabilitySet asked, CapabilitySet own) {
  for (int number = 0; number < 64; ++number) {
    if (((asked & ~own) >> number & 1) == 0) continue;
    return absl::FailedPreconditionError(Concat("capability ", CapabilityName(number),
                                                " cannot be given: jobpodd itself runs without it; "
                                                "leave it out or start jobpodd with it"));
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<int> CapabilityNumber(const std::string& name) {
  std::string upper = Upper(name);
  if (upper.starts_with(kPrefix)) upper.erase(0, kPrefix.size());
  return NumberOf(upper);
}

std::string CapabilityName(int number) {
  auto at = static_cast<size_t>(number);
  return at < kNames.size() ? Concat(kPrefix, kNames[at]) : std::to_string(number);
}

StatusOr<Capabilities> ChooseCapabilities(const CapabilityRequest& request, CapabilitySet own) {
  ASSIGN_OR_RETURN(CapabilitySet add, SetOf(request.add, "add_capabilities"));
  ASSIGN_OR_RETURN(CapabilitySet drop, SetOf(request.drop, "drop_capabilities"));
  ASSIGN_OR_RETURN(CapabilitySet ambient, SetOf(request.ambient, "add_ambient_capabilities"));
  if (request.privileged) return Capabilities{own, 0};
  RETURN_IF_ERROR(CheckGiven(add | ambient, own));
  CapabilitySet kept = HasAll(request.add) ? own : Customary();
  if (HasAll(request.drop)) kept = 0;
  kept = ((kept | add | ambient) & ~drop) & own;
  return Capabilities{kept, ambient & kept};
}

}  // namespace jobpod
