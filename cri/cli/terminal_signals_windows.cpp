#include <boost/asio/steady_timer.hpp>

#include "cri/cli/console_windows.hpp"
#include "cri/cli/terminal_signals.hpp"

namespace jobpod::cli {
namespace {

constexpr std::chrono::milliseconds kLook{250};

// Word of a new size comes only among the keys, which go through unread; so the size is looked at. The console's end
// and Ctrl-Break are OnInterrupt's.
class WindowsTerminalSignals final : public TerminalSignals {
 public:
  WindowsTerminalSignals(boost::asio::io_context& io, std::function<void()> changed)
      : timer_(io), changed_(std::move(changed)) {
    Wait();
  }

 private:
  void Wait() {
    timer_.expires_after(kLook);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      Look();
      Wait();
    });
  }

  void Look() {
    const ConsoleExtent now = ExtentOf(STD_OUTPUT_HANDLE);
    const bool same = now.columns == extent_.columns && now.lines == extent_.lines;
    extent_ = now;
    if (!same) changed_();
  }

  boost::asio::steady_timer timer_;
  const std::function<void()> changed_;
  ConsoleExtent extent_ = ExtentOf(STD_OUTPUT_HANDLE);
};

}  // namespace

std::unique_ptr<TerminalSignals> TerminalSignals::Watch(boost::asio::io_context& io, std::function<void()> changed,
                                                        std::function<void()>) {
  return std::make_unique<WindowsTerminalSignals>(io, std::move(changed));
}

}  // namespace jobpod::cli
