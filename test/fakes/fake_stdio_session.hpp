// A StdioSession over real pipes with an imagined process at their other ends, on the session's executor.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "runtime/stdio_session.hpp"

namespace jobpod {

// What sessions leave behind for a test to look at. Outlives them.
struct FakeSessionTraces {
  std::atomic<int> started{0};          // sessions made
  std::atomic<int> alive{0};            // sessions not yet destroyed
  std::atomic<int> destroyed_early{0};  // sessions destroyed before their process had ended
  std::atomic<uint32_t> last_size{0};   // width << 16 | height
  std::atomic<uint64_t> written{0};     // bytes of floods that were taken
};

// `cat`: standard input comes back on standard output until its end, exit 0. `echo WORDS`: the last word on
// standard output, "to stderr" on standard error, exit 3. `flood`: 'x' until nobody reads, exit 141. `block`:
// never ends. `exit CODE`: ends with it at once. Anything else: NotFound.
StatusOr<std::unique_ptr<StdioSession>> MakeFakeStdioSession(const std::vector<std::string>& command,
                                                             const StdioRequest& request,
                                                             const boost::asio::any_io_executor& executor,
                                                             StdioEnd end, FakeSessionTraces& traces);

}  // namespace jobpod
