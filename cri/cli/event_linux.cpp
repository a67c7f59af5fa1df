#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <vector>

#include "base/handle_linux.hpp"
#include "cri/cli/event.hpp"

namespace jobpod::cli {
namespace {

class LinuxEvent final : public Event {
 public:
  void Set() override { eventfd_write(event_.get(), 1); }
  Waitable waitable() const override { return event_.get(); }

 private:
  const Fd event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace

std::unique_ptr<Event> Event::Make() {
  return std::make_unique<LinuxEvent>();
}

int WaitForAny(std::initializer_list<Waitable> things, std::chrono::milliseconds bound) {
  std::vector<pollfd> waits;
  for (const Waitable thing : things) waits.push_back({static_cast<int>(thing), POLLIN, 0});
  int ready = 0;
  do {
    ready = poll(waits.data(), waits.size(), static_cast<int>(bound.count()));
  } while (ready < 0 && errno == EINTR && bound.count() < 0);
  for (size_t i = 0; ready > 0 && i < waits.size(); ++i) {
    if (waits[i].revents != 0) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace jobpod::cli
