#include "runtime/shim/reaper.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/windows/object_handle.hpp>

#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod::shim {
namespace {

constexpr UINT kUnknown = 255;

int ExitCode(HANDLE process) {
  DWORD code = 0;
  GetExitCodeProcess(process, &code);
  return static_cast<int>(code);
}

// Of one whose end cannot be waited for: it is ended where it lives, for nobody would hear of it.
int CodeUnwatched(HANDLE process) {
  TerminateProcess(process, kUnknown);
  DWORD code = 0;
  return GetExitCodeProcess(process, &code) && code != STILL_ACTIVE ? static_cast<int>(code) : static_cast<int>(kUnknown);
}

}  // namespace

class Reaper::Children {
 public:
  explicit Children(boost::asio::io_context& io) : io_(io) {}

  Status Watch(HANDLE process, OnExit on_exit) {
    HANDLE copy = nullptr;
    constexpr DWORD kAccess = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE;
    if (!DuplicateHandle(GetCurrentProcess(), process, GetCurrentProcess(), &copy, kAccess, FALSE, 0)) {
      return LastErrorStatus("watch a new process");
    }
    auto child = std::make_shared<boost::asio::windows::object_handle>(io_, copy);
    child->async_wait([child, on_exit = std::move(on_exit)](boost::system::error_code error) {
      if (error == boost::asio::error::operation_aborted) return;  // the shim itself ends
      const HANDLE ended = child->native_handle();
      on_exit(error ? CodeUnwatched(ended) : ExitCode(ended));
    });
    return absl::OkStatus();
  }

 private:
  boost::asio::io_context& io_;
};

Reaper::Reaper(boost::asio::io_context& io) : children_(std::make_unique<Children>(io)) {}

Reaper::~Reaper() = default;

Status Reaper::Begin() {
  return absl::OkStatus();
}

Status Reaper::Watch(const Spawned& child, OnExit on_exit) {
  return children_->Watch(reinterpret_cast<HANDLE>(child.process_handle), std::move(on_exit));
}

}  // namespace jobpod::shim
