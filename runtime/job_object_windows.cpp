#include "runtime/job_object_windows.hpp"

#include <winternl.h>

#include "base/owner_windows.hpp"
#include "base/security_windows.hpp"
#include "base/win32_windows.hpp"

// Not in MinGW's headers.
extern "C" NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
extern "C" NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE, PVOID, ULONG, BOOLEAN, BOOLEAN, PULONG, PULONG);

namespace jobpod {
namespace {

constexpr std::wstring_view kNamespace = L"Global\\";
constexpr wchar_t kDirectory[] = L"\\BaseNamedObjects";
constexpr size_t kMaxName = 250;  // with the namespace and the end below MAX_PATH
// A name of any object, even one as long as names can be, must not end the search.
constexpr ULONG kLongestEntry = 192 << 10;
constexpr ACCESS_MASK kQuery = 0x1;  // DIRECTORY_QUERY

struct ObjectInformation {
  UNICODE_STRING name;
  UNICODE_STRING type;
};

std::wstring ObjectName(const std::string& name) {
  return std::wstring(kNamespace) + Wide(name);
}

Status SetKillOnClose(HANDLE job, const std::string& name) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
    return absl::OkStatus();
  }
  return LastErrorStatus(Concat("set up the job object ", name));
}

// Whoever has made a job keeps rights to it that no access list takes away: to put it under limits, to end all in it.
Status CheckJobOwner(HANDLE job, const std::string& name) {
  return CheckOwner(job, SE_KERNEL_OBJECT, Concat("the job object ", name));
}

// One whose maker has died, or a stranger's.
Status TakeOver(HANDLE job, const std::string& name, const Security& security) {
  RETURN_IF_ERROR(CheckJobOwner(job, name));
  if (ActiveProcesses(job) > 0)
    return absl::AlreadyExistsError(Concat("job ", name, " exists already and has processes in it"));
  if (SetKernelObjectSecurity(job, DACL_SECURITY_INFORMATION, security.descriptor())) return absl::OkStatus();
  return LastErrorStatus(Concat("set the rights of the job object ", name));
}

Handle OpenObjectDirectory() {
  UNICODE_STRING name{};
  RtlInitUnicodeString(&name, kDirectory);
  OBJECT_ATTRIBUTES object{};
  InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE directory = nullptr;
  return NtOpenDirectoryObject(&directory, kQuery, &object) >= 0 ? Handle(directory) : Handle();
}

Status ApplyCpu(HANDLE job, const WindowsLimits::Cpu& cpu, std::vector<std::string>& skipped) {
  JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate{};
  rate.ControlFlags =
      JOB_OBJECT_CPU_RATE_CONTROL_ENABLE |
      (cpu.weight ? JOB_OBJECT_CPU_RATE_CONTROL_WEIGHT_BASED : JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP);
  if (cpu.weight) {
    rate.Weight = cpu.value;
  } else {
    rate.CpuRate = cpu.value;
  }
  if (SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate))
    return absl::OkStatus();
  if (GetLastError() != ERROR_INVALID_PARAMETER) return LastErrorStatus("limit the CPU of a job object");
  skipped.push_back("windows_cpu: this system has no CPU rate control");
  return absl::OkStatus();
}

// Of one or many groups. A system that does not know it, or has not these processors, says so by an error: the rest of
// the limits holds all the same.
void ApplyAffinity(HANDLE job, const std::vector<uint64_t>& masks, std::vector<std::string>& skipped) {
  constexpr auto kGroupInformationEx = static_cast<JOBOBJECTINFOCLASS>(14);  // JobObjectGroupInformationEx
  std::vector<GROUP_AFFINITY> groups;
  for (size_t group = 0; group < masks.size(); ++group) {
    if (masks[group] == 0) continue;
    groups.emplace_back();
    groups.back().Mask = masks[group];
    groups.back().Group = static_cast<WORD>(group);
  }
  if (groups.empty() || SetInformationJobObject(job, kGroupInformationEx, groups.data(),
                                                static_cast<DWORD>(groups.size() * sizeof(GROUP_AFFINITY))))
    return;
  skipped.push_back(Concat("affinity_cpus: ", Message(LastErrorStatus("the system refuses these processors"))));
}

void SetFlag(DWORD& flags, DWORD flag, bool on) {
  flags = on ? flags | flag : flags & ~flag;
}

}  // namespace

Status CheckJobObjectName(const std::string& name) {
  const bool plain = name.find_first_of(std::string_view("\\\0", 2)) == std::string::npos;
  if (!name.empty() && name.size() <= kMaxName && plain) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("\"", name, "\" cannot be the name of a job object"));
}

StatusOr<Handle> CreateJobObject(const std::string& name) {
  RETURN_IF_ERROR(CheckJobObjectName(name));
  ASSIGN_OR_RETURN(const Security security, Security::Parse(kPrivateObject));
  SECURITY_ATTRIBUTES attributes = security.attributes();
  Handle job(CreateJobObjectW(&attributes, ObjectName(name).c_str()));
  const bool existed = GetLastError() == ERROR_ALREADY_EXISTS;
  if (!job) return LastErrorStatus(Concat("make the job object ", name));
  if (existed) RETURN_IF_ERROR(TakeOver(job.get(), name, security));
  RETURN_IF_ERROR(SetKillOnClose(job.get(), name));
  return job;
}

StatusOr<Handle> OpenJobObject(const std::string& name) {
  RETURN_IF_ERROR(CheckJobObjectName(name));
  Handle job(OpenJobObjectW(JOB_OBJECT_ALL_ACCESS, FALSE, ObjectName(name).c_str()));
  if (!job && GetLastError() == ERROR_FILE_NOT_FOUND) return absl::NotFoundError(Concat("there is no job ", name));
  if (!job) return LastErrorStatus(Concat("open the job object ", name));
  RETURN_IF_ERROR(CheckJobOwner(job.get(), name));
  return job;
}

std::vector<std::string> JobObjectsIn(const std::string& name) {
  std::vector<std::string> children;
  const Handle directory = OpenObjectDirectory();
  const std::string prefix = name + "/";
  std::vector<uint64_t> buffer(kLongestEntry / sizeof(uint64_t));
  ULONG position = 0, size = 0;
  while (directory && NtQueryDirectoryObject(directory.get(), buffer.data(), kLongestEntry, TRUE, FALSE, &position,
                                             &size) >= 0) {
    const auto* object = reinterpret_cast<const ObjectInformation*>(buffer.data());
    if (std::wstring_view(object->type.Buffer, object->type.Length / sizeof(wchar_t)) != L"Job") continue;
    std::string child = Utf8({object->name.Buffer, object->name.Length / sizeof(wchar_t)});
    if (!child.starts_with(prefix)) continue;
    child.erase(0, prefix.size());
    if (child.find('/') == std::string::npos) children.push_back(std::move(child));
  }
  return children;
}

Status ApplyJobLimits(HANDLE job, const WindowsLimits& limits, JOBOBJECT_EXTENDED_LIMIT_INFORMATION& kept,
                      std::vector<std::string>& skipped) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION now{};
  QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &now, sizeof now, nullptr);
  // Another process may have changed them; a system that does not tell says that there are none at all.
  if (now.BasicLimitInformation.LimitFlags == 0) now = kept;
  DWORD& flags = now.BasicLimitInformation.LimitFlags;
  flags |= JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (limits.memory_bytes) {
    SetFlag(flags, JOB_OBJECT_LIMIT_JOB_MEMORY, *limits.memory_bytes > 0);
    now.JobMemoryLimit = *limits.memory_bytes;
  }
  if (limits.processes) {
    SetFlag(flags, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, *limits.processes > 0);
    now.BasicLimitInformation.ActiveProcessLimit = *limits.processes;
  }
  if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &now, sizeof now)) {
    return LastErrorStatus("set the limits of a job object");
  }
  kept = now;
  skipped.insert(skipped.end(), limits.skipped.begin(), limits.skipped.end());
  ApplyAffinity(job, limits.affinity, skipped);
  return limits.cpu ? ApplyCpu(job, *limits.cpu, skipped) : absl::OkStatus();
}

StatusOr<std::vector<int32_t>> JobProcesses(HANDLE job) {
  // The tree may grow between two calls.
  for (size_t room = 64;; room *= 4) {
    std::vector<char> buffer(sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + room * sizeof(ULONG_PTR));
    auto* list = reinterpret_cast<JOBOBJECT_BASIC_PROCESS_ID_LIST*>(buffer.data());
    const bool whole = QueryInformationJobObject(job, JobObjectBasicProcessIdList, list,
                                                 static_cast<DWORD>(buffer.size()), nullptr) != 0;
    if (!whole && GetLastError() != ERROR_MORE_DATA)
      return LastErrorStatus("list the processes of a job object");
    if (!whole) continue;
    return std::vector<int32_t>(list->ProcessIdList, list->ProcessIdList + list->NumberOfProcessIdsInList);
  }
}

uint32_t ActiveProcesses(HANDLE job) {
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting{};
  QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof accounting,
                            nullptr);
  return accounting.ActiveProcesses;
}

}  // namespace jobpod
