#include "runtime/child_privileges_linux.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <vector>

namespace jobpod {
namespace {

constexpr uint64_t Bit(int capability) {
  return uint64_t{1} << capability;
}

Status SetIds(const User& user) {
  std::vector<gid_t> groups(user.groups().begin(), user.groups().end());
  std::string what = Concat("become user ", user.uid(), " with group ", user.gid());
  if (setgroups(groups.size(), groups.data()) != 0) return ErrnoStatus(errno, what);
  if (setresgid(user.gid(), user.gid(), user.gid()) != 0) return ErrnoStatus(errno, what);
  if (setresuid(user.uid(), user.uid(), user.uid()) != 0) return ErrnoStatus(errno, what);
  // Only now: changing the user clears it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return absl::OkStatus();
}

Status SetNoNewPrivileges(const LaunchPlan& plan) {
  if (!plan.no_new_privileges() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "set no_new_privs");
}

// What this process itself has not got is left out.
Status SetCapabilities(uint64_t usable, uint64_t inheritable) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return ErrnoStatus(errno, "read capabilities");
  for (int half = 0; half < 2; ++half) {
    data[half].permitted &= static_cast<uint32_t>(usable >> (32 * half));
    data[half].effective = data[half].permitted;
    data[half].inheritable = data[half].permitted & static_cast<uint32_t>(inheritable >> (32 * half));
  }
  return syscall(SYS_capset, &header, data) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "set capabilities");
}

Status DropFromBounding(uint64_t kept) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if ((kept & Bit(capability)) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return ErrnoStatus(errno, Concat("drop capability ", capability));
    }
  }
  return absl::OkStatus();
}

Status RaiseAmbient(uint64_t ambient) {
  for (int capability = 0; capability < 64; ++capability) {
    if ((ambient & Bit(capability)) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
      return ErrnoStatus(errno, Concat("give ambient capability ", capability));
    }
  }
  return absl::OkStatus();
}

// The bytes come from our own daemon, through the shim's socket.
Status InstallFilter(const Isolation& isolation) {
  size_t count = isolation.seccomp().size() / sizeof(sock_filter);
  if (count == 0) return absl::OkStatus();
  if (count > USHRT_MAX) return absl::InvalidArgumentError("the seccomp profile is too large");
  std::vector<sock_filter> filter(count);
  std::memcpy(filter.data(), isolation.seccomp().data(), count * sizeof(sock_filter));
  sock_fprog program{static_cast<unsigned short>(count), filter.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, isolation.seccomp_flags(), &program) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "put on the seccomp profile");
}

Status BecomeConfined(const LaunchPlan& plan) {
  const Isolation& isolation = plan.isolation();
  const uint64_t kept = isolation.capabilities(), ambient = isolation.ambient_capabilities();
  RETURN_IF_ERROR(DropFromBounding(kept));
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return ErrnoStatus(errno, "keep capabilities");
  RETURN_IF_ERROR(SetIds(plan.user()));
  RETURN_IF_ERROR(SetNoNewPrivileges(plan));
  // A filter may only be put on with this one, or with no_new_privs.
  bool lend = !isolation.seccomp().empty() && !plan.no_new_privileges();
  RETURN_IF_ERROR(SetCapabilities(kept | (lend ? Bit(CAP_SYS_ADMIN) : 0), ambient));
  RETURN_IF_ERROR(RaiseAmbient(ambient));
  RETURN_IF_ERROR(InstallFilter(isolation));
  return lend ? SetCapabilities(kept, ambient) : absl::OkStatus();
}

}  // namespace

Status BecomeUser(const LaunchPlan& plan) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (plan.has_isolation()) return BecomeConfined(plan);
  RETURN_IF_ERROR(SetNoNewPrivileges(plan));
  return SetIds(plan.user());
}

}  // namespace jobpod
