#include "runtime/shim/pseudo_console_windows.hpp"

#include <algorithm>
#include <utility>

namespace jobpod {
namespace {

constexpr COORD kFirstSize{80, 25};

// Not in the import libraries of MinGW, and not on every system.
struct Functions {
  HRESULT(WINAPI* create)(COORD, HANDLE, HANDLE, DWORD, HANDLE*);
  HRESULT(WINAPI* resize)(HANDLE, COORD);
  void(WINAPI* close)(HANDLE);
};

template <typename Function>
void Find(const char* name, Function& function) {
  const FARPROC found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), name);
  function = reinterpret_cast<Function>(reinterpret_cast<void*>(found));
}

const Functions& System() {
  static const Functions functions = [] {
    Functions found{};
    Find("CreatePseudoConsole", found.create);
    Find("ResizePseudoConsole", found.resize);
    Find("ClosePseudoConsole", found.close);
    return found;
  }();
  return functions;
}

}  // namespace

StatusOr<PseudoConsole> PseudoConsole::Create(HANDLE input, HANDLE output) {
  if (System().create == nullptr || System().close == nullptr) {
    return absl::UnimplementedError("this Windows has no pseudo consoles (1809 has): run it without a terminal");
  }
  HANDLE console = nullptr;
  const HRESULT made = System().create(kFirstSize, input, output, 0, &console);
  if (made >= 0) return PseudoConsole(console);
  return absl::InternalError(Concat("make a pseudo console: error ", static_cast<uint32_t>(made)));
}

PseudoConsole::PseudoConsole(PseudoConsole&& other) noexcept
    : console_(std::exchange(other.console_, nullptr)) {}

void PseudoConsole::Resize(uint16_t width, uint16_t height) {
  if (console_ == nullptr || width == 0 || height == 0 || System().resize == nullptr) return;
  const auto side = [](uint16_t size) { return static_cast<SHORT>(std::min<uint16_t>(size, INT16_MAX)); };
  System().resize(console_, {side(width), side(height)});
}

void PseudoConsole::Close() {
  const HANDLE console = std::exchange(console_, nullptr);
  if (console == nullptr) return;
  const auto close = [](PTP_CALLBACK_INSTANCE instance, void* closing) {
    CallbackMayRunLong(instance);
    System().close(closing);
  };
  if (!TrySubmitThreadpoolCallback(close, console, nullptr)) System().close(console);
}

}  // namespace jobpod
