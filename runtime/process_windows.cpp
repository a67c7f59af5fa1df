#include "runtime/process_windows.hpp"

#include <algorithm>

#include "base/win32_windows.hpp"
#include "runtime/account_environment_windows.hpp"
#include "runtime/program_windows.hpp"
#include "runtime/windows_environment.hpp"

namespace jobpod {
namespace {

Handle OwnToken() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE, &token);
  return Handle(token);
}

bool Before(const std::wstring& a, const std::wstring& b) {
  return CompareStringOrdinal(a.c_str(), static_cast<int>(a.find(L'=', 1)), b.c_str(),
                              static_cast<int>(b.find(L'=', 1)), TRUE) == CSTR_LESS_THAN;
}

}  // namespace

std::wstring EnvironmentBlock(const LaunchPlan& plan, HANDLE token) {
  std::vector<std::string> entries =
      MergeWindowsEnvironment(AccountEnvironment(token != nullptr ? token : OwnToken().get()),
                              {plan.environment().begin(), plan.environment().end()});
  std::vector<std::wstring> wide;
  for (const std::string& entry : entries) wide.push_back(Wide(entry));
  std::stable_sort(wide.begin(), wide.end(), Before);
  std::wstring block;
  for (const std::wstring& entry : wide) block.append(entry).append(1, L'\0');
  return block + std::wstring(entries.empty() ? 2 : 1, L'\0');
}

StatusOr<BornProcess> StartProcess(const LaunchPlan& plan, const SpawnHandles& handles,
                                   const std::vector<HANDLE>& jobs, HANDLE token, NewProcess::Console console) {
  NewProcess wanted;
  ASSIGN_OR_RETURN(Program program, FindProgram(plan));
  ASSIGN_OR_RETURN(wanted.directory, FindWorkingDirectory(plan));
  wanted.program = std::move(program.path);
  wanted.command_line = Wide(program.command_line);
  wanted.environment = EnvironmentBlock(plan, token);
  wanted.console = handles.console == -1 ? console : NewProcess::Console::kPseudo;
  wanted.streams = handles;
  wanted.jobs = jobs;
  wanted.token = token;
  return CreateNewProcess(std::move(wanted));
}

}  // namespace jobpod
