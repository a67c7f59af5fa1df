#include "runtime/shim/reaper.hpp"

#include <boost/asio/windows/object_handle.hpp>

#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod::shim {
namespace {

int ExitCode(HANDLE process) {
  DWORD code = 0;
  GetExitCodeProcess(process, &code);
  return static_cast<int>(code);
}

}  // namespace

class Reaper::Children {
 public:
  explicit Children(boost::asio::io_context& io) : io_(io) {}

  Status Watch(HANDLE process, OnExit on_exit) {
    HANDLE copy = nullptr;
    if (!DuplicateHandle(GetCurrentProcess(), process, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
      return LastErrorStatus("watch a new process");
    }
    auto child = std::make_shared<boost::asio::windows::object_handle>(io_, copy);
    child->async_wait([child, on_exit = std::move(on_exit)](boost::system::error_code error) {
      if (!error) on_exit(ExitCode(child->native_handle()));
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
