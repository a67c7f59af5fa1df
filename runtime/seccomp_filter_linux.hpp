// libseccomp's filter under construction, owned.
#pragma once

#include <seccomp.h>

#include <memory>
#include <span>

#include "runtime/seccomp.hpp"

namespace jobpod {

class SeccompFilter {
 public:
  // `otherwise`: what happens to a call no rule matches (SCMP_ACT_…). The native architecture is in it.
  static StatusOr<SeccompFilter> Create(uint32_t otherwise);

  // An architecture that is there already, or that this machine does not have, is fine.
  Status AddArchitecture(uint32_t token);

  // A rule for the call of that name; all of `arguments` must match. A name this library does not know is
  // fine: the call falls under `otherwise`. A rule that says what happens anyway is left out.
  Status AddRule(const std::string& name, uint32_t action, std::span<const scmp_arg_cmp> arguments = {});

  StatusOr<SeccompProgram> Export() const;

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  SeccompFilter(void* context, uint32_t otherwise) : context_(context), otherwise_(otherwise) {}

  std::unique_ptr<void, Release> context_;
  uint32_t otherwise_;
};

}  // namespace jobpod
