// The profile RuntimeDefault.
#include <linux/capability.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "runtime/seccomp_filter_linux.hpp"

namespace jobpod {
namespace {

constexpr int kNever = -1;

// What a container must not do, unless it has the capability that stands for it.
struct Held {
  int capability;
  std::initializer_list<const char*> calls;
};

const Held kHeld[] = {
    // Mounts, namespaces, quotas, the machine's name.
    {CAP_SYS_ADMIN,
     {"mount",    "umount",      "umount2",     "mount_setattr", "move_mount",    "open_tree",     "fsopen",
      "fsconfig", "fsmount",     "fspick",      "pivot_root",    "setns",         "unshare",       "clone3",
      "quotactl", "quotactl_fd", "sethostname", "setdomainname", "fanotify_init", "lookup_dcookie"}},
    // A handle is a way around every directory above the file.
    {CAP_DAC_READ_SEARCH, {"open_by_handle_at", "name_to_handle_at"}},
    {CAP_SYS_MODULE,
     {"init_module", "finit_module", "delete_module", "create_module", "query_module", "get_kernel_syms"}},
    {CAP_SYS_BOOT, {"reboot", "kexec_load", "kexec_file_load"}},
    {CAP_SYS_TIME,
     {"settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64"}},
    {CAP_SYS_RAWIO, {"iopl", "ioperm"}},
    {CAP_SYS_PACCT, {"acct"}},
    {CAP_SYS_PTRACE, {"kcmp", "pidfd_getfd", "process_madvise"}},
    {CAP_SYS_CHROOT, {"chroot"}},
    {CAP_SYS_TTY_CONFIG, {"vhangup"}},
    {CAP_SYSLOG, {"syslog"}},
    {CAP_SYS_NICE,
     {"get_mempolicy", "set_mempolicy", "set_mempolicy_home_node", "mbind", "move_pages", "migrate_pages"}},
    {CAP_BPF, {"bpf"}},
    {CAP_PERFMON, {"perf_event_open"}},
    // Keyrings know no namespaces; these two have been ways into the kernel again and again; the rest is
    // of another age.
    {kNever, {"add_key",
              "keyctl",
              "request_key",
              "userfaultfd",
              "io_uring_setup",
              "io_uring_enter",
              "io_uring_register",
              "swapon",
              "swapoff",
              "nfsservctl",
              "uselib",
              "ustat",
              "sysfs",
              "_sysctl",
              "vm86",
              "vm86old",
              "vserver",
              "afs_syscall",
              "tuxcall",
              "security",
              "bdflush"}},
};

constexpr uint64_t kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

bool Has(CapabilitySet set, int capability) {
  // perf and bpf were matters of this one for a long time.
  if (capability == CAP_BPF || capability == CAP_PERFMON) set |= (set >> CAP_SYS_ADMIN & 1) << capability;
  return capability != kNever && (set >> capability & 1) != 0;
}

std::set<std::string> Refused(CapabilitySet capabilities) {
  std::set<std::string> refused;
  for (const Held& held : kHeld) {
    if (!Has(capabilities, held.capability)) refused.insert(held.calls.begin(), held.calls.end());
  }
  return refused;
}

std::set<std::string> KnownCalls(std::span<const uint32_t> architectures) {
  constexpr int kMaxNumber = 1024;
  std::set<std::string> names;
  for (uint32_t architecture : architectures) {
    for (int number = 0; number < kMaxNumber; ++number) {
      std::unique_ptr<char, decltype(&std::free)> name(seccomp_syscall_resolve_num_arch(architecture, number),
                                                       &std::free);
      if (name) names.insert(name.get());
    }
  }
  return names;
}

// The architectures whose programs this kernel runs.
std::vector<uint32_t> Architectures() {
  if (seccomp_arch_native() == SCMP_ARCH_X86_64) return {SCMP_ARCH_X86_64, SCMP_ARCH_X86};
  if (seccomp_arch_native() == SCMP_ARCH_AARCH64) return {SCMP_ARCH_AARCH64, SCMP_ARCH_ARM};
  return {seccomp_arch_native()};
}

Status AllowIf(SeccompFilter& filter, const char* call, const scmp_arg_cmp& condition) {
  return filter.AddRule(call, SCMP_ACT_ALLOW, std::array{condition});
}

Status RefuseIf(SeccompFilter& filter, const char* call, const scmp_arg_cmp& condition) {
  return filter.AddRule(call, SCMP_ACT_ERRNO(EPERM), std::array{condition});
}

Status AddClone(SeccompFilter& filter) {
  RETURN_IF_ERROR(AllowIf(filter, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0)));
  for (uint64_t flag = 1; flag <= kNamespaceFlags; flag <<= 1) {
    if ((kNamespaceFlags & flag) == 0) continue;
    RETURN_IF_ERROR(RefuseIf(filter, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, flag, flag)));
  }
  // Its flags lie in memory, where no filter sees them; the C library falls back to clone.
  return filter.AddRule("clone3", SCMP_ACT_ERRNO(ENOSYS));
}

// Calls that are harmless or not by what they are given.
Status AddConditions(SeccompFilter& filter, CapabilitySet capabilities) {
  if (!Has(capabilities, CAP_SYS_ADMIN)) {
    RETURN_IF_ERROR(AddClone(filter));
  } else {
    RETURN_IF_ERROR(filter.AddRule("clone", SCMP_ACT_ALLOW));
    RETURN_IF_ERROR(filter.AddRule("clone3", SCMP_ACT_ALLOW));
  }
  // The kernel's crypto sockets and those to the hypervisor know no namespaces.
  static_assert(AF_ALG == 38 && AF_VSOCK == 40);
  RETURN_IF_ERROR(AllowIf(filter, "socket", SCMP_A0_64(SCMP_CMP_LT, AF_ALG)));
  RETURN_IF_ERROR(AllowIf(filter, "socket", SCMP_A0_64(SCMP_CMP_EQ, AF_ALG + 1)));
  RETURN_IF_ERROR(AllowIf(filter, "socket", SCMP_A0_64(SCMP_CMP_GT, AF_VSOCK)));
  for (uint64_t family : {AF_ALG, AF_VSOCK}) {
    RETURN_IF_ERROR(RefuseIf(filter, "socket", SCMP_A0_64(SCMP_CMP_EQ, family)));
  }
  // Linux, 32 bit, without address randomisation by UNAME26, and the question which it is.
  for (uint64_t persona : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, 0xffffffffULL}) {
    RETURN_IF_ERROR(AllowIf(filter, "personality", SCMP_A0_64(SCMP_CMP_EQ, persona)));
  }
  return absl::OkStatus();
}

bool HasConditions(const std::string& call) {
  return call == "clone" || call == "clone3" || call == "socket" || call == "personality";
}

}  // namespace

StatusOr<SeccompProgram> DefaultSeccomp(CapabilitySet capabilities) {
  ASSIGN_OR_RETURN(SeccompFilter filter, SeccompFilter::Create(SCMP_ACT_ERRNO(ENOSYS)));
  std::vector<uint32_t> architectures = Architectures();
  for (uint32_t architecture : architectures) RETURN_IF_ERROR(filter.AddArchitecture(architecture));
  std::set<std::string> refused = Refused(capabilities);
  for (const std::string& call : KnownCalls(architectures)) {
    if (HasConditions(call)) continue;
    RETURN_IF_ERROR(filter.AddRule(call, refused.count(call) != 0 ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW));
  }
  RETURN_IF_ERROR(AddConditions(filter, capabilities));
  return filter.Export();
}

StatusOr<SeccompProgram> DefaultSeccompCache::Get(CapabilitySet capabilities) {
  constexpr size_t kMost = 16;  // a node sees a handful of sets
  const std::scoped_lock lock(mutex_);
  if (auto found = programs_.find(capabilities); found != programs_.end()) return found->second;
  ASSIGN_OR_RETURN(SeccompProgram program, DefaultSeccomp(capabilities));
  if (programs_.size() >= kMost) programs_.erase(programs_.begin());
  return programs_[capabilities] = program;
}

}  // namespace jobpod
