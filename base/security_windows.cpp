#include "base/security_windows.hpp"

#include <sddl.h>

#include "base/win32_windows.hpp"

namespace jobpod {

StatusOr<Security> Security::Parse(const wchar_t* text) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, nullptr))
    return Security(descriptor);
  return LastErrorStatus(Concat("make the access list ", Utf8(text)));
}

}  // namespace jobpod
