// What the system tells a program that has a terminal.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace jobpod::cli {

// While it lives. Both run on the io_context's thread.
class TerminalSignals {
 public:
  // `changed`: another size, or this program was stopped and goes on. `leave`: hung up, or asked to quit.
  static std::unique_ptr<TerminalSignals> Watch(boost::asio::io_context& io, std::function<void()> changed,
                                                std::function<void()> leave);
  virtual ~TerminalSignals() = default;
};

}  // namespace jobpod::cli
