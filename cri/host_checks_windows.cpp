#include <windows.h>

#include <cstdlib>

#include "base/privileges_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/wine_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/host_checks.hpp"
#include "cri/host_checks_jobs.hpp"
#include "cri/host_defaults.hpp"
#include "volumes/bind_filter_windows.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kGiB = 1ull << 30;
constexpr DWORD kSharesBlocks = 0x08000000;  // FILE_SUPPORTS_BLOCK_REFCOUNTING
constexpr DWORD kOldestBuild = 14393;        // Server 2016

HostCheck Ok(std::string name, std::string detail) {
  return {std::move(name), CheckResult::kOk, std::move(detail), ""};
}

FARPROC Find(const wchar_t* module, const char* name) {
  return GetProcAddress(GetModuleHandleW(module), name);
}

HostCheck CheckSystem() {
  using GetVersion = LONG(WINAPI*)(OSVERSIONINFOW*);
  OSVERSIONINFOW version{};
  version.dwOSVersionInfoSize = sizeof version;
  const auto get = reinterpret_cast<GetVersion>(reinterpret_cast<void*>(Find(L"ntdll.dll", "RtlGetVersion")));
  if (get != nullptr) get(&version);
  const std::string detail =
      Concat("Windows ", version.dwMajorVersion, ".", version.dwMinorVersion, ", build ", version.dwBuildNumber);
  if (RunsUnderWine()) {
    return {"system", CheckResult::kWarn, Concat("Wine, as ", detail, ": pods run, but nothing holds them to limits"),
            "for tests only; nodes are Windows Server 2019 or newer"};
  }
  if (version.dwBuildNumber >= kOldestBuild) return Ok("system", detail);
  return {"system", CheckResult::kFail, Concat(detail, " is too old"), "use Windows Server 2019 or newer"};
}

Handle OwnToken() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
  return Handle(token);
}

HostCheck CheckUser() {
  TOKEN_ELEVATION elevation{};
  DWORD size = 0;
  GetTokenInformation(OwnToken().get(), TokenElevation, &elevation, sizeof elevation, &size);
  if (elevation.TokenIsElevated != 0) return Ok("user", "an administrator, elevated");
  return {"user", CheckResult::kFail, "not an elevated administrator",
          "run it as a service (jobpodd service install) or in an elevated prompt"};
}

HostCheck CheckPrivileges() {
  const StatusOr<std::vector<Privilege>> missing = EnablePrivileges();
  if (!missing.ok()) return {"privileges", CheckResult::kWarn, std::string(Message(missing.status())), ""};
  std::string names;
  for (const Privilege& privilege : *missing)
    names += Concat(names.empty() ? "" : "; ", Utf8(privilege.name), " not held: ", privilege.cost);
  if (names.empty()) return Ok("privileges", "all held, and switched on");
  return {"privileges", CheckResult::kWarn, names, "run jobpodd as a service: SYSTEM holds them all"};
}

HostCheck CheckBindLayout() {
  const Status there = SystemBindCalls().available();
  if (there.ok()) return Ok("bind layout", "the bind filter is there: handler hostprocess shows files at C:\\hpc");
  return {"bind layout", CheckResult::kWarn, Concat(Message(there), "; handler hostprocess-link takes its place"),
          "use Windows Server 2022 or newer; with links, manifests find files at %CONTAINER_SANDBOX_MOUNT_POINT%"};
}

HostCheck CheckTerminals() {
  if (Find(L"kernel32.dll", "CreatePseudoConsole") != nullptr) return Ok("terminals", "pseudo consoles are there");
  return {"terminals", CheckResult::kWarn, "no pseudo consoles: containers and execs with a terminal are refused",
          "use Windows Server 2019 or newer"};
}

HostCheck CheckAccounts() {
  if (!RunsUnderWine()) return Ok("accounts", "local groups and service accounts can be used");
  return {"accounts", CheckResult::kWarn, "Wine has no accounts: containers run as the daemon's user only", ""};
}

HostCheck CheckHpc() {
  const DWORD attributes = GetFileAttributesW(L"C:\\hpc");
  if (attributes == INVALID_FILE_ATTRIBUTES) return Ok("C:\\hpc", "can be made");
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
    return {"C:\\hpc", CheckResult::kFail, "is not a directory", "move it away: images are shown at C:\\hpc"};
  const Status safe = CheckProtected("C:\\hpc");
  if (safe.ok()) return Ok("C:\\hpc", "is there, and only administrators may change it");
  // Rights alone are set when the next container starts; a foreign owner or a link is refused then.
  return {"C:\\hpc", CheckResult::kWarn, std::string(Message(safe)),
          "look at what is inside, and remove C:\\hpc while no pod runs: jobpodd makes it anew"};
}

// Of `path`'s volume; empty when it cannot be found.
std::wstring VolumeOf(const std::string& path) {
  const StatusOr<std::wstring> wide = LongPath(path);
  if (!wide.ok()) return L"";
  std::wstring volume(wide->size() + 2, L'\0');
  if (!GetVolumePathNameW(wide->c_str(), volume.data(), static_cast<DWORD>(volume.size()))) return L"";
  volume.resize(volume.find(L'\0'));
  return volume;
}

// As people write it.
std::string NameOf(const std::wstring& volume) {
  return Utf8(volume.starts_with(L"\\\\?\\") ? volume.substr(4) : volume);
}

HostCheck CheckBlocks(const std::string& root) {
  DWORD flags = 0;
  wchar_t system[MAX_PATH + 1] = {};
  GetVolumeInformationW(VolumeOf(root).c_str(), nullptr, 0, nullptr, nullptr, &flags, system, MAX_PATH);
  if ((flags & kSharesBlocks) != 0) return Ok("block sharing", Concat(Utf8(system), ": containers share image blocks"));
  return {"block sharing", CheckResult::kWarn,
          Concat(system[0] == 0 ? "unknown file system" : Utf8(system), ": every container copies its image"),
          "put root on a ReFS volume or a Dev Drive"};
}

HostCheck CheckSpace(const std::string& root) {
  ULARGE_INTEGER available{};
  const std::wstring volume = VolumeOf(root);
  if (!GetDiskFreeSpaceExW(volume.c_str(), &available, nullptr, nullptr))
    return {"disk", CheckResult::kWarn, Concat("cannot look at ", root), ""};
  const std::string detail = Concat(available.QuadPart / kGiB, " GiB free at ", NameOf(volume));
  if (available.QuadPart >= 2 * kGiB) return Ok("disk", detail);
  return {"disk", CheckResult::kWarn, detail, "free some space, or put --root on a bigger disk"};
}

}  // namespace

const JobWords kJobWords = {
    .name = "job objects",
    .without = "run jobpodd on Windows Server 2019 or newer",
    .with_less = "Windows Server 2019 or newer has all of it",
};

std::vector<HostCheck> CheckHost(const std::string& root) {
  return {CheckSystem(),    CheckUser(),     CheckPrivileges(), CheckJobs(),  CheckBindLayout(),
          CheckTerminals(), CheckAccounts(), CheckHpc(),        CheckBlocks(root), CheckSpace(root)};
}

}  // namespace jobpod
