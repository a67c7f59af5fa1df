// Who may do what with an object that is made: access lists as text (SDDL).
#pragma once

#include <windows.h>

#include <memory>

#include "base/status.hpp"

namespace jobpod {

// SYSTEM, Administrators and whoever has made it; pipes and job objects.
inline constexpr wchar_t kPrivateObject[] = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)";

class Security {
 public:
  // An error leaves nothing to make an object with: without a list Windows takes one that lets others in.
  static StatusOr<Security> Parse(const wchar_t* text);

  // For CreateFileW and its like, while this lives.
  SECURITY_ATTRIBUTES attributes() const { return {sizeof(SECURITY_ATTRIBUTES), descriptor(), FALSE}; }
  PSECURITY_DESCRIPTOR descriptor() const { return descriptor_.get(); }

 private:
  struct Free {
    void operator()(void* memory) const { LocalFree(memory); }
  };
  explicit Security(PSECURITY_DESCRIPTOR descriptor) : descriptor_(descriptor) {}

  std::unique_ptr<void, Free> descriptor_;
};

}  // namespace jobpod
