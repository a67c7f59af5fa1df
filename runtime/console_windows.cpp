#include "runtime/console_windows.hpp"

#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

using HPCON = PseudoConsole::Native;
using CreateFunction = HRESULT(WINAPI*)(COORD size, HANDLE input, HANDLE output, DWORD flags, HPCON* console);
using ResizeFunction = HRESULT(WINAPI*)(HPCON console, COORD size);
using CloseFunction = void(WINAPI*)(HPCON console);

// Older systems have none of them.
template <typename Function>
Function Find(const char* name) {
  const FARPROC found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), name);
  return reinterpret_cast<Function>(reinterpret_cast<void*>(found));
}

COORD Size(uint16_t width, uint16_t height) {
  const auto bounded = [](uint16_t size) { return static_cast<SHORT>(size > INT16_MAX ? INT16_MAX : size); };
  return {bounded(width), bounded(height)};
}

}  // namespace

StatusOr<std::unique_ptr<PseudoConsole>> PseudoConsole::Create(Handle input, Handle output, uint16_t width,
                                                               uint16_t height) {
  const auto create = Find<CreateFunction>("CreatePseudoConsole");
  if (create == nullptr) {
    return absl::UnimplementedError(
        "this system has no terminals for containers (pseudo consoles come with Windows 10 1809 and Server 2019)");
  }
  HPCON console = nullptr;
  // It keeps copies of both.
  const HRESULT made = create(Size(width, height), input.get(), output.get(), 0, &console);
  if (FAILED(made)) return Win32Status(static_cast<uint32_t>(made) & 0xFFFF, "make a terminal");
  return std::unique_ptr<PseudoConsole>(new PseudoConsole(console));
}

PseudoConsole::~PseudoConsole() {
  Find<CloseFunction>("ClosePseudoConsole")(console_);
}

void ResizeConsole(intptr_t console, uint16_t width, uint16_t height) {
  if (width == 0 || height == 0) return;
  Find<ResizeFunction>("ResizePseudoConsole")(reinterpret_cast<HPCON>(console), Size(width, height));
}

}  // namespace jobpod
