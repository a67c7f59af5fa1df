// Reading a stream ahead on a thread of its own, so that decoding goes on while files are written.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>

#include "image/byte_stream.hpp"

namespace jobpod {

// Used by one thread. Where the system has no thread left it reads on the caller's.
class ReadAhead final : public ByteStream {
 public:
  // Pieces of the inner stream that must stay valid at a time: the one given out, those that wait, the one in work.
  static constexpr size_t kPieces = 4;

  // Borrows `inner`, which belongs to the other thread until this ends.
  explicit ReadAhead(ByteStream& inner);
  // Waits for the piece in work, if there is one.
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  StatusOr<std::string_view> Next() override;

 private:
  void Loop();

  ByteStream& inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StatusOr<std::string_view>> ready_;  // the end or an error stays as the last
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace jobpod
