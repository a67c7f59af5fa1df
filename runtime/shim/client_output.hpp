// One output stream of one attached client: a pipe with a bound.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "runtime/shim/output_end.hpp"

namespace jobpod::shim {

// What becomes of a client whose pipe is full.
enum class WhenBehind {
  kCut,   // it is let go, and told so: a file with a hole in it is worth nothing
  kSkip,  // it misses something, and reads how much: for those who look at it
  kWait,  // the container waits for it, as long as it reads at all
};

// Never waits in a call. On the shim's one thread.
class ClientOutput : public std::enable_shared_from_this<ClientOutput> {
 public:
  struct Events {
    std::function<void()> ready;             // it was waiting and is not any more
    std::function<void(const Status&)> cut;  // it is to be let go; not after Close
  };

  ClientOutput(boost::asio::io_context& io, WhenBehind when_behind);

  // See OutputEnd.
  void Connect(OwnedHandle end) { end_.Connect(std::move(end)); }

  void SetEvents(Events events) { events_ = std::move(events); }

  void Take(std::string_view bytes);
  // Nothing more should be given to it now. What is given all the same is kept, within a bound.
  bool waiting() const { return !unsent_.empty(); }
  // Closes the pipe when all is written; `on_done` is called once, perhaps inside the call. Not after Close.
  void Finish(std::function<void()> on_done);
  void Close();

 private:
  size_t Write(std::string_view bytes);
  bool TellSkipped();
  std::string SkippedWords() const;
  void Keep(std::string_view rest);
  void WaitForRoom();
  void WriteOn();
  void Cut(const Status& why);
  void End();
  void CloseAfterWriting();

  OutputEnd end_;
  boost::asio::steady_timer patience_;
  const WhenBehind when_behind_;
  Events events_;
  std::function<void()> on_done_;
  std::string unsent_;
  uint64_t skipped_ = 0;  // bytes missed and not yet told
};

}  // namespace jobpod::shim
