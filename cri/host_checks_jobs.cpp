#include <boost/asio/io_context.hpp>

#include "cri/host_checks.hpp"
#include "cri/host_checks_jobs.hpp"
#include "runtime/job.hpp"

namespace jobpod {
namespace {

std::string Join(const std::vector<std::string>& items, const char* separator) {
  std::string text;
  for (const std::string& item : items) text += Concat(text.empty() ? "" : separator, item);
  return text;
}

}  // namespace

HostCheck CheckJobs() {
  const StatusOr<std::unique_ptr<Jobs>> jobs = SystemJobs();
  if (!jobs.ok()) {
    return {kJobWords.name, CheckResult::kFail, std::string(Message(jobs.status())), kJobWords.without};
  }
  const JobSystem& system = (*jobs)->system();
  const std::string detail =
      Concat(system.mode, "; controllers: ", Join(system.controllers, " "), "; tree kill by ",
             system.kernel_tree_kill ? "the kernel" : "freezing and killing");
  if (system.missing.empty()) return {kJobWords.name, CheckResult::kOk, detail, ""};
  return {kJobWords.name, CheckResult::kWarn, Concat(detail, "; ", Join(system.missing, "; ")), kJobWords.with_less};
}

}  // namespace jobpod
