#include <windows.h>
#include <winternl.h>

#include "image/platform.hpp"

extern "C" NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOW* version);  // of ntdll; MinGW's headers lack it

namespace jobpod {

// Not GetVersionEx: what it says depends on the program's manifest.
Platform HostPlatform() {
  RTL_OSVERSIONINFOW version{};
  version.dwOSVersionInfoSize = sizeof version;
  RtlGetVersion(&version);
  return {"windows", HostArchitecture(), "",
          Concat(version.dwMajorVersion, ".", version.dwMinorVersion, ".", version.dwBuildNumber)};
}

}  // namespace jobpod
