#pragma once

#include <windows.h>

#include <memory>

namespace jobpod {

struct CloseService {
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
// A handle of the service control manager; null = none.
using ServiceHandle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, CloseService>;

}  // namespace jobpod
