#include "runtime/child_reaper.hpp"

namespace jobpod {
namespace {

// Windows keeps a process's exit code for those who hold a handle to it. Those of containers are the shim's, and what
// runs below a shim that dies is ended with it by the kernel: there is nothing to collect.
class NoChildren final : public ChildReaper {
 public:
  std::optional<int> TakeExitCode(int32_t) override { return std::nullopt; }
};

}  // namespace

std::unique_ptr<ChildReaper> ChildReaper::Start(boost::asio::io_context&) {
  return std::make_unique<NoChildren>();
}

}  // namespace jobpod
