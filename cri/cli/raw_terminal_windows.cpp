#include "cri/cli/console_windows.hpp"
#include "cri/cli/raw_terminal.hpp"

namespace jobpod::cli {
namespace {

constexpr DWORD kCooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT;
constexpr DWORD kKeysAsBytes = ENABLE_VIRTUAL_TERMINAL_INPUT;
constexpr DWORD kBytesAsDrawn =
    ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING | DISABLE_NEWLINE_AUTO_RETURN;

class WindowsRawTerminal final : public RawTerminal {
 public:
  WindowsRawTerminal(DWORD input, std::optional<DWORD> output, UINT code_page)
      : input_(input), output_(output), code_page_(code_page) {
    SetConsoleOutputCP(CP_UTF8);
    Renew();
  }
  ~WindowsRawTerminal() override {
    SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), input_);
    if (output_) SetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), *output_);
    SetConsoleOutputCP(code_page_);
  }

  // Systems before Windows 10 1809 lack some of it: then keys are plain characters.
  void Renew() override {
    const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    if (!SetConsoleMode(input, (input_ & ~kCooked) | kKeysAsBytes)) SetConsoleMode(input, input_ & ~kCooked);
    if (output_) SetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), *output_ | kBytesAsDrawn);
  }

  Size size() const override {
    const ConsoleExtent extent = ExtentOf(STD_OUTPUT_HANDLE);
    return {.columns = extent.columns, .lines = extent.lines};
  }

 private:
  const DWORD input_;
  const std::optional<DWORD> output_;
  const UINT code_page_;
};

}  // namespace

bool StandardInputIsTerminal() {
  return ConsoleMode(STD_INPUT_HANDLE).has_value();
}

StatusOr<std::unique_ptr<RawTerminal>> RawTerminal::Enter() {
  const auto input = ConsoleMode(STD_INPUT_HANDLE);
  if (!input) return absl::FailedPreconditionError("standard input is no terminal; leave --tty (-t) away");
  return std::make_unique<WindowsRawTerminal>(*input, ConsoleMode(STD_OUTPUT_HANDLE), GetConsoleOutputCP());
}

}  // namespace jobpod::cli
