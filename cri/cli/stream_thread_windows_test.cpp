#include "cri/cli/stream_thread_windows.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <string>

#include "base/pipe_windows.hpp"

namespace jobpod::cli {
namespace {

DWORD ReadOne(const Handle& from) {
  char byte = 0;
  DWORD got = 0;
  return ReadFile(from.get(), &byte, 1, &got, nullptr) ? got : 0;
}

TEST_CASE("a stream's thread does one thing after the other") {
  StreamThread thread;
  std::string order;
  std::promise<void> first, second;
  thread.Do([&] { order += 'a', first.set_value(); });
  first.get_future().wait();
  thread.Do([&] { order += 'b', second.set_value(); });
  second.get_future().wait();
  CHECK(order == "ab");
}

TEST_CASE("a thread that waits for a pipe is broken off") {
  const auto pipe = MakePipe(PipeUse::kWaiting, PipeUse::kWaiting);
  REQUIRE(pipe.ok());
  std::atomic<bool> ended = false;
  std::promise<void> begun;
  {
    StreamThread thread;
    thread.Do([&] {
      begun.set_value();
      CHECK(ReadOne(pipe->read) == 0);
      ended = true;
    });
    begun.get_future().wait();
  }
  CHECK(ended);
}

}  // namespace
}  // namespace jobpod::cli
