// jobpod doctor: what this host can and cannot do.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/host_checks.hpp"

namespace jobpod::cli {
namespace {

constexpr uint16_t kHttpPort = 9450;  // the default of [http] address

const char* ResultName(CheckResult result) {
  switch (result) {
    case CheckResult::kOk:
      return "ok";
    case CheckResult::kWarn:
      return "warn";
    case CheckResult::kFail:
      break;
  }
  return "fail";
}

CheckResult FromWire(v1::Check::Result result) {
  if (result == v1::Check::OK) return CheckResult::kOk;
  return result == v1::Check::WARN ? CheckResult::kWarn : CheckResult::kFail;
}

StatusOr<std::vector<HostCheck>> AskDaemon(const Client& client) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::DoctorResponse response;
  RETURN_IF_ERROR(FromGrpc(client.admin->Doctor(&context, {}, &response)));
  std::vector<HostCheck> checks;
  for (const v1::Check& check : response.checks()) {
    checks.push_back({check.name(), FromWire(check.result()), check.detail(), check.remedy()});
  }
  return checks;
}

// The daemon's own view where there is a daemon: what counts are its capabilities, not this shell's.
std::vector<HostCheck> AllChecks(const Globals& globals, const std::string& root) {
  const StatusOr<Client> client = Connect(globals.address);
  StatusOr<std::vector<HostCheck>> checks =
      client.ok() ? AskDaemon(*client) : StatusOr<std::vector<HostCheck>>(client.status());
  if (checks.ok()) {
    checks->push_back({"daemon", CheckResult::kOk, "answers at " + globals.address, ""});
    return *std::move(checks);
  }
  std::vector<HostCheck> own = CheckHost(root);
  own.push_back(CheckPort(kHttpPort));
  own.push_back({"daemon", CheckResult::kWarn, std::string(Message(checks.status())),
                 "start jobpodd; the lines above are as this shell sees the host"});
  return own;
}

void PrintJson(const std::vector<HostCheck>& checks) {
  nlohmann::json list = nlohmann::json::array();
  for (const HostCheck& check : checks) {
    list.push_back({{"name", check.name},
                    {"result", ResultName(check.result)},
                    {"detail", check.detail},
                    {"remedy", check.remedy}});
  }
  fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void PrintText(const std::vector<HostCheck>& checks) {
  for (const HostCheck& check : checks) {
    fmt::print("{:<4}  {:<16}  {}\n", ResultName(check.result), check.name, check.detail);
    if (!check.remedy.empty()) fmt::print("{:<24}→ {}\n", "", check.remedy);
  }
}

int Doctor(const Globals& globals, const std::string& root) {
  const std::vector<HostCheck> checks = AllChecks(globals, root);
  globals.json ? PrintJson(checks) : PrintText(checks);
  const auto failed = [](const HostCheck& check) { return check.result == CheckResult::kFail; };
  return std::ranges::any_of(checks, failed) ? 1 : 0;
}

}  // namespace

void AddDoctor(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* doctor = app.add_subcommand("doctor", "Say what this host can and cannot do, with remedies");
  doctor->footer("The exit code is 1 when a line says fail; warnings cost something but pods run.");
  const auto root = std::make_shared<std::string>(kHostDefaults.root);
  doctor->add_option("--root", *root, "Root directory to look at when no daemon answers")
      ->capture_default_str();
  doctor->callback(
      [&globals, &action, root] { action = [&globals, root] { return Doctor(globals, *root); }; });
}

}  // namespace jobpod::cli
