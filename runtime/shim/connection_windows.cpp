#include <array>
#include <boost/asio/windows/stream_handle.hpp>
#include <boost/asio/write.hpp>

#include "base/pipe_windows.hpp"
#include "runtime/shim/connection.hpp"

namespace jobpod::shim {

class Connection::Socket {
 public:
  Socket(boost::asio::io_context& io, OwnedHandle end) : pipe(io, HandleOf(end)) { end.Release(); }

  boost::asio::windows::stream_handle pipe;
  std::array<char, 4096> incoming;  // not the shared buffer: the system writes into it between two turns
  std::string being_written;
};

Connection::Connection(boost::asio::io_context& io, OwnedHandle socket, ConnectionOwner& owner, ReadBuffer& buffer)
    : socket_(std::make_unique<Socket>(io, std::move(socket))), owner_(owner), buffer_(buffer) {}

Connection::~Connection() = default;

void Connection::Read() {
  socket_->pipe.async_read_some(
      boost::asio::buffer(socket_->incoming),
      [self = shared_from_this()](boost::system::error_code error, size_t count) {
        if (!self->IsOpen()) return;
        if (error || !self->Take({self->socket_->incoming.data(), count})) return self->Close();
        if (self->IsOpen()) self->Read();
      });
}

void Connection::WriteSome() {
  std::string& bytes = socket_->being_written;
  bytes.clear();
  bytes.swap(outgoing_);
  writing_ = !bytes.empty();
  if (!writing_) return std::string().swap(bytes);
  boost::asio::async_write(socket_->pipe, boost::asio::buffer(bytes),
                           [self = shared_from_this()](boost::system::error_code error, size_t) {
                             if (!self->IsOpen()) return;
                             if (error) return self->Close();
                             self->WriteSome();
                           });
}

// What the request before did not take is closed.
void Connection::AdoptHandles(const ToShim& request) {
  handles_.clear();
  for (uint64_t value : request.handles()) handles_.emplace_back(static_cast<NativeHandle>(value));
}

bool Connection::IsOpen() const {
  return socket_->pipe.is_open();
}

void Connection::CloseSocket() {
  boost::system::error_code ignored;
  socket_->pipe.close(ignored);
}

}  // namespace jobpod::shim
