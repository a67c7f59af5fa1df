#include <windows.h>

#include <boost/asio/io_context.hpp>
#include <exception>
#include <vector>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/native_handle.hpp"
#include "base/privileges_windows.hpp"
#include "runtime/inner_launcher_windows.hpp"
#include "runtime/shim/main.hpp"
#include "runtime/shim/server.hpp"

namespace jobpod::shim {
namespace {

// What containers inherit besides their handles: no button to press for one that fails, and Ctrl-C is heard, whatever
// this process's parent has switched off.
void PrepareProcess() {
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  SetConsoleCtrlHandler(nullptr, FALSE);
  EnablePrivileges().status().IgnoreError();  // what is missing is the doctor's to say
}

// Windows gives its caller's standard streams to a program that is started with a terminal. What there is to say is
// said into the handle that is returned.
HANDLE TakeStandardError() {
  const HANDLE error = GetStdHandle(STD_ERROR_HANDLE);
  for (DWORD stream : {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) SetStdHandle(stream, nullptr);
  return error;
}

StatusOr<OwnedHandle> ListenerOf(const std::string& value) {
  const auto handle = static_cast<NativeHandle>(std::strtoull(value.c_str(), nullptr, 10));
  DWORD flags = 0;
  if (GetHandleInformation(reinterpret_cast<HANDLE>(handle), &flags)) return OwnedHandle(handle);
  return absl::InvalidArgumentError(Concat("\"", value, "\" is not the handle of a pipe"));
}

Status Run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 3) {
    return absl::InvalidArgumentError("usage: jobpod-shim CONFIG PIPE (started by jobpodd only)");
  }
  PrepareProcess();
  ASSIGN_OR_RETURN(OwnedHandle listener, ListenerOf(arguments[2]));
  ASSIGN_OR_RETURN(Config config, ReadConfig(arguments[1]));
  boost::asio::io_context io(1);
  Server server(io, std::move(config), arguments[1], std::move(listener));
  RETURN_IF_ERROR(server.Begin());
  io.run();
  return absl::OkStatus();
}

void Say(HANDLE error, std::string_view words) {
  (void)WriteAll(error, Concat("jobpod-shim: ", words, "\n"), "standard error");
}

}  // namespace

int ShimMain(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (!arguments.empty() && arguments[0] == kInnerLauncherName) return InnerLauncherMain(arguments);
  const HANDLE error_stream = TakeStandardError();
  try {
    Status status = Run(arguments);
    if (status.ok()) return 0;
    Say(error_stream, Message(status));
  } catch (const std::exception& error) {
    Say(error_stream, error.what());
  }
  return 1;
}

}  // namespace jobpod::shim
