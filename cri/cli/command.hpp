// The commands of `jobpod`. Each Add… function declares one command; the chosen one puts what it does
// into `action`, which returns the exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "cri/host_defaults.hpp"

namespace CLI {
class App;
}

namespace jobpod::cli {

// jobpod's own failures, apart from the codes of programs (the convention of docker run).
inline constexpr int kOwnFailure = 125;
// Ctrl-C, as shells have it.
inline constexpr int kInterrupted = 130;

struct Globals {
  std::string address = kHostDefaults.address;
  bool json = false;  // --output json
};
using Action = std::function<int()>;

void AddRun(CLI::App& app, const Globals& globals, Action& action);
void AddImage(CLI::App& app, const Globals& globals, Action& action);
void AddPs(CLI::App& app, const Globals& globals, Action& action);
void AddLogs(CLI::App& app, const Globals& globals, Action& action);
void AddExec(CLI::App& app, const Globals& globals, Action& action);
void AddAttach(CLI::App& app, const Globals& globals, Action& action);
void AddStop(CLI::App& app, const Globals& globals, Action& action);
void AddRemove(CLI::App& app, const Globals& globals, Action& action);
void AddDoctor(CLI::App& app, const Globals& globals, Action& action);

// Prints the one sentence of an error to standard error; returns `code`. OK prints nothing and returns 0.
int Report(const Status& status, int code = 1);
// Does `one` to each id, the others also when one fails, and reports each error. 1 when any failed, else 0.
int ReportEach(const std::vector<std::string>& ids, const std::function<Status(const std::string&)>& one);

// Adds all commands, parses, runs. Returns the exit code.
int Main(int count, const char* const* arguments);

}  // namespace jobpod::cli
