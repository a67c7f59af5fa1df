#include "test/harness/spdy_client.hpp"

#include <boost/asio/write.hpp>
#include <cstring>

#include "base/text.hpp"
#include "test/harness/process.hpp"

namespace jobpod::test {
namespace {

using namespace streaming;

constexpr size_t kBuffer = 256u << 10, kPiece = 32u << 10;  // as client-go writes them

}  // namespace

SpdyClient::SpdyClient(const std::string& url, const std::string& protocol) : buffer_(kBuffer) {
  const size_t port = url.find(':', 7), path = url.find('/', 7);
  if (path == std::string::npos || port > path) SetUpFailed("no URL: " + url);
  const auto number = static_cast<uint16_t>(std::stoi(url.substr(port + 1)));
  boost::system::error_code error;
  socket_.connect({boost::asio::ip::address_v4::loopback(), number}, error);
  if (error) SetUpFailed(Concat("nobody answers at port ", number));
  socket_.set_option(boost::asio::ip::tcp::no_delay(true));
  Write(Concat("POST ", url.substr(path), " HTTP/1.1\r\nHost: ", url.substr(7, path - 7),
               "\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ", protocol,
               "\r\nContent-Length: 0\r\n\r\n"));
  size_t end = std::string::npos;
  while (end == std::string::npos) {
    if (!Fill()) SetUpFailed("the server closed instead of upgrading");
    end = std::string_view(buffer_.data(), end_).find("\r\n\r\n");
  }
  const std::string_view head(buffer_.data(), end);
  if (head.find(" 101 ") == std::string_view::npos) SetUpFailed("no upgrade: " + std::string(head));
  begin_ = end + 4;
}

void SpdyClient::Write(std::string_view bytes) {
  boost::system::error_code error;
  boost::asio::write(socket_, boost::asio::buffer(bytes), error);
  if (error) SetUpFailed(Concat("cannot send to the streaming server: ", error.message()));
}

bool SpdyClient::Fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  boost::system::error_code error;
  end_ += socket_.read_some(boost::asio::buffer(buffer_.data() + end_, buffer_.size() - end_), error);
  return !error;
}

uint32_t SpdyClient::Open(const SpdyHeaders& headers) {
  const uint32_t id = std::exchange(next_id_, next_id_ + 2);
  std::string payload, frame;
  AppendNumber(payload, id);
  payload.append(6, '\0');
  AppendControl(frame, FrameType::kSynStream, 0, payload + headers_.Write(headers));
  Write(frame);
  while (replied_ != id) {
    const bool whole = end_ - begin_ >= kFrameHeadBytes &&
                       end_ - begin_ >= kFrameHeadBytes + ParseFrameHead({buffer_.data() + begin_, 8}).length;
    if (!whole && !Fill()) SetUpFailed("the server closed instead of accepting a stream");
    if (whole && Control(ParseFrameHead({buffer_.data() + begin_, 8})) == id) SetUpFailed("the server reset a stream");
  }
  return id;
}

// The whole frame is in the buffer. The stream that it resets, or 0: containerd's server resets all at the end.
uint32_t SpdyClient::Control(const FrameHead& head) {
  const std::string_view payload(buffer_.data() + begin_ + kFrameHeadBytes, head.length);
  begin_ += kFrameHeadBytes + head.length;
  if (!head.control) SetUpFailed("data before a stream's reply");
  if (static_cast<FrameType>(head.type) == FrameType::kSynReply) replied_ = ReadNumber(payload);
  if (static_cast<FrameType>(head.type) == FrameType::kRstStream) return ReadNumber(payload);
  if (static_cast<FrameType>(head.type) != FrameType::kPing) return 0;
  std::string answer;
  AppendPing(answer, ReadNumber(payload));
  Write(answer);
  return 0;
}

void SpdyClient::Send(uint32_t id, std::string_view bytes, bool finish) {
  std::string frame;
  AppendDataHead(frame, id, finish ? kFlagFin : 0, bytes.size());
  Write(frame.append(bytes));
}

void SpdyClient::Pour(uint32_t id, uint64_t bytes) {
  std::string frame;
  AppendDataHead(frame, id, 0, kPiece);
  frame.append(kPiece, 'x');
  for (; bytes >= kPiece; bytes -= kPiece) Write(frame);
  Send(id, std::string(bytes, 'x'), true);
}

std::optional<SpdyClient::Data> SpdyClient::Next() {
  for (;;) {
    const size_t ready = end_ - begin_;
    if (in_data_ && (ready > 0 || data_.length == 0)) {
      const size_t size = std::min<size_t>(ready, data_.length);
      const std::string_view bytes(buffer_.data() + begin_, size);
      begin_ += size;
      data_.length -= static_cast<uint32_t>(size);
      in_data_ = data_.length > 0;
      return Data{data_.stream_id, bytes, !in_data_ && (data_.flags & kFlagFin) != 0};
    }
    if (!in_data_ && ready >= kFrameHeadBytes) {
      const FrameHead head = ParseFrameHead({buffer_.data() + begin_, kFrameHeadBytes});
      if (!head.control) {
        data_ = head;
        in_data_ = true;
        begin_ += kFrameHeadBytes;
        continue;
      }
      if (ready >= kFrameHeadBytes + head.length) {
        if (const uint32_t id = Control(head); id != 0) return Data{id, {}, true};
        continue;
      }
    }
    if (!Fill()) return std::nullopt;
  }
}

}  // namespace jobpod::test
