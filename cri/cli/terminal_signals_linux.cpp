#include <signal.h>

#include <boost/asio/signal_set.hpp>

#include "cri/cli/terminal_signals.hpp"

namespace jobpod::cli {
namespace {

class LinuxTerminalSignals final : public TerminalSignals {
 public:
  LinuxTerminalSignals(boost::asio::io_context& io, std::function<void()> changed, std::function<void()> leave)
      : signals_(io), changed_(std::move(changed)), leave_(std::move(leave)) {
    for (const int number : {SIGWINCH, SIGCONT, SIGHUP, SIGQUIT}) signals_.add(number);
    Wait();
  }

 private:
  void Wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      const bool changed = number == SIGWINCH || number == SIGCONT;
      changed ? changed_() : leave_();
      Wait();
    });
  }

  boost::asio::signal_set signals_;
  const std::function<void()> changed_, leave_;
};

}  // namespace

std::unique_ptr<TerminalSignals> TerminalSignals::Watch(boost::asio::io_context& io, std::function<void()> changed,
                                                        std::function<void()> leave) {
  return std::make_unique<LinuxTerminalSignals>(io, std::move(changed), std::move(leave));
}

}  // namespace jobpod::cli
