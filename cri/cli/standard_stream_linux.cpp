#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "cri/cli/standard_stream.hpp"

namespace jobpod::cli {
namespace {

using Error = boost::system::error_code;
using Descriptor = boost::asio::posix::stream_descriptor;

// A descriptor of our own for one of the standard streams; /dev/null for one that this program was started without.
int Copy(int standard) {
  const int copy = fcntl(standard, F_DUPFD_CLOEXEC, 3);
  return copy >= 0 ? copy : open("/dev/null", O_RDWR | O_CLOEXEC);
}

// The flags belong to the open file, which other programs hold, too; Asio makes it non-blocking when it waits.
class KeptFlags {
 public:
  explicit KeptFlags(int file) : file_(file), flags_(fcntl(file, F_GETFL)) {}
  ~KeptFlags() {
    if (flags_ >= 0) fcntl(file_, F_SETFL, flags_);
  }
  KeptFlags(const KeptFlags&) = delete;
  KeptFlags& operator=(const KeptFlags&) = delete;

 private:
  const int file_, flags_;
};

// Shared with the wait under way, which may outlast its owner.
struct Input : std::enable_shared_from_this<Input> {
  explicit Input(boost::asio::io_context& io) : flags(STDIN_FILENO), descriptor(io, Copy(STDIN_FILENO)) {}

  // Files and /dev/null cannot be waited for: they are always ready.
  void Wait() {
    descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this()](const Error& error) {
      if (!self->handler || error == boost::asio::error::operation_aborted) return;
      self->ReadNow();
    });
  }

  void ReadNow() {
    const ssize_t count = read(descriptor.native_handle(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return Wait();
    const size_t size = count > 0 ? static_cast<size_t>(count) : 0;
    if (const auto done = std::exchange(handler, nullptr)) done({bytes.data(), size});
  }

  const KeptFlags flags;  // goes last
  Descriptor descriptor;
  StandardInput::Handler handler;
  std::array<char, 32768> bytes;
};

class LinuxStandardInput final : public StandardInput {
 public:
  explicit LinuxStandardInput(boost::asio::io_context& io) : input_(std::make_shared<Input>(io)) {}
  ~LinuxStandardInput() override {
    input_->handler = nullptr;
    input_->descriptor.close();
  }
  void Read(Handler handler) override {
    input_->handler = std::move(handler);
    input_->Wait();
  }

 private:
  const std::shared_ptr<Input> input_;
};

struct Output : std::enable_shared_from_this<Output> {
  Output(boost::asio::io_context& io, int file) : flags(file), descriptor(io, Copy(file)) {}

  // So short a piece does not block a pipe that is ready.
  void WriteOn() {
    while (!rest.empty() && IsReady()) {
      const ssize_t count = write(descriptor.native_handle(), rest.data(), std::min<size_t>(rest.size(), PIPE_BUF));
      if (count < 0 && errno != EINTR && errno != EAGAIN) return Finish(false);
      if (count > 0) rest.remove_prefix(static_cast<size_t>(count));
    }
    if (rest.empty()) return Finish(true);
    descriptor.async_wait(Descriptor::wait_write, [self = shared_from_this()](const Error& error) {
      if (self->handler && error != boost::asio::error::operation_aborted) self->WriteOn();
    });
  }

  bool IsReady() const {
    pollfd wait{descriptor.native_handle(), POLLOUT, 0};
    return poll(&wait, 1, 0) != 0;
  }

  void Finish(bool written) {
    boost::asio::post(descriptor.get_executor(), [self = shared_from_this(), written] {
      if (const auto done = std::exchange(self->handler, nullptr)) done(written);
    });
  }

  const KeptFlags flags;  // goes last
  mutable Descriptor descriptor;
  StandardOutput::Handler handler;
  std::string_view rest;
};

class LinuxStandardOutput final : public StandardOutput {
 public:
  LinuxStandardOutput(boost::asio::io_context& io, int file) : output_(std::make_shared<Output>(io, file)) {}
  ~LinuxStandardOutput() override {
    output_->handler = nullptr;
    output_->descriptor.close();
  }
  void Write(std::string_view bytes, Handler handler) override {
    output_->handler = std::move(handler);
    output_->rest = bytes;
    output_->WriteOn();
  }

 private:
  const std::shared_ptr<Output> output_;
};

}  // namespace

std::unique_ptr<StandardInput> StandardInput::Open(boost::asio::io_context& io) {
  return std::make_unique<LinuxStandardInput>(io);
}

std::unique_ptr<StandardOutput> StandardOutput::Open(boost::asio::io_context& io, bool error_stream) {
  return std::make_unique<LinuxStandardOutput>(io, error_stream ? STDERR_FILENO : STDOUT_FILENO);
}

}  // namespace jobpod::cli
