#include "volumes/bind_filter_windows.hpp"

#include <memory>

#include "base/win32_windows.hpp"
#include "volumes/windows_path.hpp"

namespace jobpod {
namespace {

constexpr int kCreateSilo = 35;  // JobObjectCreateSilo, which MinGW's list ends before

using SetupFilter = HRESULT(WINAPI*)(HANDLE job, ULONG flags, const wchar_t* target, const wchar_t* source,
                                     const wchar_t** exceptions, ULONG exception_count);

// Stays loaded as long as the calls do.
class FilterLibrary {
 public:
  FilterLibrary() : module_(LoadLibraryExW(L"bindfltapi.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)) {
    if (module_ == nullptr) return;
    const FARPROC found = GetProcAddress(module_, "BfSetupFilter");
    setup_ = reinterpret_cast<SetupFilter>(reinterpret_cast<void*>(found));
  }
  ~FilterLibrary() {
    if (module_ != nullptr) FreeLibrary(module_);
  }
  FilterLibrary(const FilterLibrary&) = delete;
  FilterLibrary& operator=(const FilterLibrary&) = delete;

  Status Check() const {
    if (setup_ != nullptr) return absl::OkStatus();
    return absl::UnimplementedError("this system has no bind filter (bindfltapi.dll); Windows Server 2022 and later do");
  }

  Status Bind(HANDLE job, uint32_t flags, const std::wstring& target, const std::wstring& source) const {
    RETURN_IF_ERROR(Check());
    const HRESULT result = setup_(job, flags, target.c_str(), source.c_str(), nullptr, 0);
    if (SUCCEEDED(result)) return absl::OkStatus();
    const bool win32 = HRESULT_FACILITY(result) == FACILITY_WIN32;
    return Win32Status(static_cast<uint32_t>(win32 ? HRESULT_CODE(result) : result), "BfSetupFilter");
  }

 private:
  const HMODULE module_;
  SetupFilter setup_ = nullptr;
};

JOBOBJECTINFOCLASS InfoClass(int number) { return static_cast<JOBOBJECTINFOCLASS>(number); }

Status MakeSilo(HANDLE job) {
  if (SetInformationJobObject(job, InfoClass(kCreateSilo), nullptr, 0)) return absl::OkStatus();
  return LastErrorStatus("failed to promote job to silo");
}

// Where a volume is seen below the rootfs.
StatusOr<std::string> BelowRootfs(const std::string& rootfs, const Mount& mount) {
  ASSIGN_OR_RETURN(const WindowsTarget target, ParseWindowsTarget(mount.target()));
  std::string path = rootfs;
  for (const std::string& name : target.names) path += "\\" + name;
  return path;
}

Status Bind(HANDLE job, const BindCalls& calls, bool readonly, const std::string& target, const std::string& source) {
  const uint32_t flags = kBindInSilo | (readonly ? kBindReadOnly : 0);
  return Annotate(calls.bind(job, flags, Wide(target), Wide(source)),
                  Concat("failed to bind target \"", target, "\" to root \"", source, "\" for job object"));
}

}  // namespace

BindCalls SystemBindCalls() {
  const auto library = std::make_shared<FilterLibrary>();
  return {[library] { return library->Check(); }, MakeSilo,
          [library](HANDLE job, uint32_t flags, const std::wstring& target, const std::wstring& source) {
            return library->Bind(job, flags, target, source);
          }};
}

Status EnterBindings(HANDLE job, const MountList& list, const BindCalls& calls) {
  if (!list.private_namespace()) return absl::OkStatus();
  RETURN_IF_ERROR(calls.available());
  RETURN_IF_ERROR(calls.make_silo(job));
  const std::string& rootfs = list.root().target();
  RETURN_IF_ERROR(Annotate(Bind(job, calls, false, rootfs, list.root().upper()),
                           Concat("failed to bind rootfs to ", rootfs)));
  for (const Mount& mount : list.mounts()) {
    if (mount.at_target()) RETURN_IF_ERROR(Bind(job, calls, mount.readonly(), mount.target(), mount.source()));
    if (!mount.below_rootfs()) continue;
    ASSIGN_OR_RETURN(const std::string below, BelowRootfs(rootfs, mount));
    RETURN_IF_ERROR(Bind(job, calls, mount.readonly(), below, mount.source()));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
