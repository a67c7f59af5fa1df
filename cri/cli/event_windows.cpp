#include <windows.h>

#include <vector>

#include "base/handle_windows.hpp"
#include "cri/cli/event.hpp"

namespace jobpod::cli {
namespace {

class WindowsEvent final : public Event {
 public:
  void Set() override { SetEvent(event_.get()); }
  Waitable waitable() const override { return reinterpret_cast<Waitable>(event_.get()); }

 private:
  const Handle event_{CreateEventW(nullptr, TRUE, FALSE, nullptr)};
};

}  // namespace

std::unique_ptr<Event> Event::Make() {
  return std::make_unique<WindowsEvent>();
}

int WaitForAny(std::initializer_list<Waitable> things, std::chrono::milliseconds bound) {
  std::vector<HANDLE> handles;
  std::vector<int> indexes;
  int index = 0;
  for (const Waitable thing : things) {
    if (thing != kNothing) {
      handles.push_back(reinterpret_cast<HANDLE>(thing));
      indexes.push_back(index);
    }
    ++index;
  }
  const DWORD limit = bound.count() < 0 ? INFINITE : static_cast<DWORD>(bound.count());
  if (handles.empty()) {
    Sleep(limit);
    return -1;
  }
  const DWORD ready = WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), FALSE, limit);
  return ready < WAIT_OBJECT_0 + handles.size() ? indexes[ready - WAIT_OBJECT_0] : -1;
}

}  // namespace jobpod::cli
