#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "runtime/shim/output_end.hpp"

namespace jobpod::shim {

class OutputEnd::Pipe : public boost::asio::posix::stream_descriptor {
 public:
  using basic_stream_descriptor::basic_stream_descriptor;
};

OutputEnd::OutputEnd(boost::asio::io_context& io) : pipe_(std::make_shared<Pipe>(io)) {}

OutputEnd::~OutputEnd() = default;

void OutputEnd::Connect(OwnedHandle end) {
  pipe_->assign(static_cast<int>(end.Release()));
  pipe_->native_non_blocking(true);
}

bool OutputEnd::open() const {
  return pipe_->is_open();
}

std::optional<size_t> OutputEnd::Write(std::string_view bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    ssize_t count = write(pipe_->native_handle(), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return std::nullopt;
    written += static_cast<size_t>(count);
  }
  return written;
}

void OutputEnd::WaitForRoom(std::function<void()> on_room) {
  pipe_->async_wait(Pipe::wait_write,
                    [pipe = pipe_, on_room = std::move(on_room)](boost::system::error_code error) {
                      if (!error && pipe->is_open()) on_room();
                    });
}

// All of it lies in the pipe.
void OutputEnd::CloseAfterWriting(std::function<void()> on_closed) {
  Close();
  on_closed();
}

void OutputEnd::Close() {
  boost::system::error_code ignored;
  pipe_->close(ignored);
}

}  // namespace jobpod::shim
