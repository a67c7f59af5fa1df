#include "cri/pipe_duplex_windows.hpp"

#include <boost/asio/write.hpp>

#include <utility>

namespace jobpod {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Pipe = net::windows::stream_handle;

Error AsChannelsSay(const Error& error) {
  const bool gone = error == net::error::broken_pipe || error.value() == ERROR_PIPE_NOT_CONNECTED ||
                    error.value() == ERROR_NO_DATA;
  return gone ? Error(net::error::eof) : error;
}

// Every operation keeps the pipe: a composed one may touch it after its owner has gone.
class PipeDuplex final : public streaming::Duplex {
 public:
  explicit PipeDuplex(Pipe pipe) : pipe_(std::make_shared<Pipe>(std::move(pipe))) {}
  ~PipeDuplex() override { PipeDuplex::Abort(); }

  void Read(net::mutable_buffer buffer, Handler handler) override {
    pipe_->async_read_some(buffer, [pipe = pipe_, handler = std::move(handler)](const Error& error, size_t size) {
      handler(AsChannelsSay(error), size);
    });
  }
  void Write(net::const_buffer buffer, Handler handler) override {
    net::async_write(*pipe_, buffer, [pipe = pipe_, handler = std::move(handler)](const Error& error, size_t size) {
      handler(error, size);
    });
  }
  void Close() override { Abort(); }
  void Abort() override {
    Error ignored;
    pipe_->close(ignored);
  }

 private:
  const std::shared_ptr<Pipe> pipe_;
};

}  // namespace

streaming::DuplexPointer MakePipeDuplex(Pipe pipe) {
  return std::make_shared<PipeDuplex>(std::move(pipe));
}

}  // namespace jobpod
