#include "runtime/shim/input_end_windows.hpp"

#include <array>
#include <boost/asio/write.hpp>

#include "base/pipe_windows.hpp"

namespace jobpod::shim {
namespace {

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(boost::asio::io_context& io, OwnedHandle client, std::shared_ptr<InputEnd> target)
      : client_(io, HandleOf(client)), target_(std::move(target)) {
    client.Release();
  }

  void Read() {
    client_.async_read_some(boost::asio::buffer(buffer_),
                            [self = shared_from_this()](boost::system::error_code error, size_t count) {
                              if (error) return;
                              if (self->target_ == nullptr) return self->Read();
                              self->target_->Write({self->buffer_.data(), count}, [self] { self->Read(); });
                            });
  }

 private:
  boost::asio::windows::stream_handle client_;
  const std::shared_ptr<InputEnd> target_;
  std::array<char, 4096> buffer_;
};

}  // namespace

InputEnd::InputEnd(boost::asio::io_context& io, OwnedHandle end) : end_(io, HandleOf(end)) {
  end.Release();
}

void InputEnd::Write(std::string_view bytes, std::function<void()> on_written) {
  pieces_.push_back({bytes, std::move(on_written)});
  if (pieces_.size() == 1) WriteNext();
}

void InputEnd::WriteNext() {
  boost::asio::async_write(end_, boost::asio::buffer(pieces_.front().bytes),
                           [self = shared_from_this()](boost::system::error_code, size_t) {
                             auto on_written = std::move(self->pieces_.front().on_written);
                             self->pieces_.pop_front();
                             if (!self->pieces_.empty()) self->WriteNext();
                             on_written();
                           });
}

std::shared_ptr<InputEnd> ShareInput(boost::asio::io_context& io, OwnedHandle end) {
  return end ? std::make_shared<InputEnd>(io, std::move(end)) : nullptr;
}

void RelayInput(boost::asio::io_context& io, OwnedHandle client, std::shared_ptr<InputEnd> target) {
  std::make_shared<Relay>(io, std::move(client), std::move(target))->Read();
}

}  // namespace jobpod::shim
