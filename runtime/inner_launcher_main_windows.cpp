// The launcher's own side.
#include <cstdlib>

#include "base/frame_pipe_windows.hpp"
#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/inner_launcher_windows.hpp"
#include "runtime/launch_report.pb.h"
#include "runtime/process_windows.hpp"

namespace jobpod {
namespace {

using Console = NewProcess::Console;

constexpr int kCannotStart = 128;

// What is said to the console is the program's to hear.
BOOL WINAPI Ignore(DWORD) {
  return TRUE;
}

// What the launcher's program has for its own; of a console, the console itself.
struct Streams {
  Handle console_input, console_output;
  SpawnHandles handles;
};

StatusOr<Handle> OpenConsole(const wchar_t* name) {
  Handle console(CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                             OPEN_EXISTING, 0, nullptr));
  if (console) return console;
  return LastErrorStatus("open the console");
}

StatusOr<Streams> OwnStreams(Console console) {
  Streams streams;
  SpawnHandles& handles = streams.handles;
  if (console == Console::kShared) {
    ASSIGN_OR_RETURN(streams.console_input, OpenConsole(L"CONIN$"));
    ASSIGN_OR_RETURN(streams.console_output, OpenConsole(L"CONOUT$"));
    handles.standard_input = NativeOf(streams.console_input);
    handles.standard_output = handles.standard_error = NativeOf(streams.console_output);
    return streams;
  }
  const auto own = [](DWORD stream) { return reinterpret_cast<intptr_t>(GetStdHandle(stream)); };
  handles.standard_input = own(STD_INPUT_HANDLE);
  handles.standard_output = own(STD_OUTPUT_HANDLE);
  handles.standard_error = own(STD_ERROR_HANDLE);
  return streams;
}

StatusOr<BornProcess> Launch(HANDLE requests, Console console) {
  ASSIGN_OR_RETURN(const std::string request, ReadFrame(requests));
  LaunchPlan plan;
  if (!plan.ParseFromString(request)) return absl::DataLossError("the plan sent to the launcher makes no sense");
  ASSIGN_OR_RETURN(const Streams streams, OwnStreams(console));
  return StartProcess(plan, streams.handles, {}, nullptr, console);
}

LaunchReport ReportOf(const StatusOr<BornProcess>& born) {
  LaunchReport report;
  if (born.ok()) {
    report.set_process(reinterpret_cast<uintptr_t>(born->process.get()));
  } else {
    report.set_error_code(static_cast<uint32_t>(born.status().code()));
    report.set_error_message(Concat(Message(born.status())));
  }
  return report;
}

Handle HandleOf(const std::string& number) {
  return Handle(reinterpret_cast<HANDLE>(std::strtoull(number.c_str(), nullptr, 10)));
}

}  // namespace

int InnerLauncherMain(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) return kCannotStart;
  SetConsoleCtrlHandler(Ignore, TRUE);
  const Handle requests = HandleOf(arguments[1]), reports = HandleOf(arguments[2]);
  const StatusOr<BornProcess> born =
      Launch(requests.get(), arguments.size() > 3 ? Console::kShared : Console::kHidden);
  if (!WriteFrame(reports.get(), ReportOf(born).SerializeAsString()).ok()) return kCannotStart;
  // Until the shim lets go of its end, for it has the process then.
  ReadFrame(requests.get()).status().IgnoreError();
  return born.ok() ? 0 : kCannotStart;
}

}  // namespace jobpod
