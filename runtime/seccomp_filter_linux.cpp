#include "runtime/seccomp_filter_linux.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/file_linux.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxProgram = 4096 * 8;  // what the kernel takes: BPF_MAXINSNS instructions

}  // namespace

StatusOr<SeccompFilter> SeccompFilter::Create(uint32_t otherwise) {
  SeccompFilter filter(seccomp_init(otherwise), otherwise);
  if (!filter.context_) return absl::InvalidArgumentError("seccomp: the default action is not known here");
  // The container decides about no_new_privs, not the profile.
  seccomp_attr_set(filter.context_.get(), SCMP_FLTATR_CTL_NNP, 0);
  // A binary tree instead of a list: the cost of a call does not depend on its place.
  seccomp_attr_set(filter.context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  return filter;
}

Status SeccompFilter::AddArchitecture(uint32_t token) {
  int error = -seccomp_arch_add(context_.get(), token);
  if (error == 0 || error == EEXIST || error == EDOM || error == EINVAL) return absl::OkStatus();
  return ErrnoStatus(error, "seccomp: add an architecture");
}

Status SeccompFilter::AddRule(const std::string& name, uint32_t action,
                              std::span<const scmp_arg_cmp> arguments) {
  int number = seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR || action == otherwise_) return absl::OkStatus();
  int error = -seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(arguments.size()),
                                      arguments.data());
  if (error == 0 || error == EEXIST || error == EDOM) return absl::OkStatus();
  return ErrnoStatus(error, Concat("seccomp: the rule for ", name));
}

StatusOr<SeccompProgram> SeccompFilter::Export() const {
  Fd file(memfd_create("seccomp", MFD_CLOEXEC));
  if (!file) return ErrnoStatus(errno, "seccomp: make a memory file");
  if (int error = -seccomp_export_bpf(context_.get(), file.get()); error != 0) {
    return ErrnoStatus(error, "seccomp: compile the profile");
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return ErrnoStatus(errno, "seccomp: read the program");
  SeccompProgram program;
  ASSIGN_OR_RETURN(program.filter, ReadAll(file.get(), kMaxProgram, "the seccomp program"));
  return program;
}

}  // namespace jobpod
