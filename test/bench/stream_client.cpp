#include "test/bench/stream_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "test/harness/process.hpp"

namespace jobpod::bench {
namespace {

using namespace streaming;
using test::SetUpFailed;

constexpr size_t kBuffer = 256u << 10, kPiece = 32u << 10;  // as client-go writes them

Fd Connect(uint16_t port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    SetUpFailed(Concat("nobody answers at port ", port));
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

}  // namespace

StreamClient::StreamClient(const std::string& url, const std::string& protocol) : buffer_(kBuffer) {
  const size_t port = url.find(':', 7), path = url.find('/', 7);
  if (path == std::string::npos || port > path) SetUpFailed("no URL: " + url);
  socket_ = Connect(static_cast<uint16_t>(std::stoi(url.substr(port + 1))));
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

void StreamClient::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) SetUpFailed(Concat("cannot send to the streaming server: ", std::strerror(errno)));
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool StreamClient::Fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const ssize_t size = recv(socket_.get(), buffer_.data() + end_, buffer_.size() - end_, 0);
  if (size <= 0) return false;
  end_ += static_cast<size_t>(size);
  return true;
}

uint32_t StreamClient::Open(const SpdyHeaders& headers) {
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
uint32_t StreamClient::Control(const FrameHead& head) {
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

void StreamClient::Send(uint32_t id, std::string_view bytes, bool finish) {
  std::string frame;
  AppendDataHead(frame, id, finish ? kFlagFin : 0, bytes.size());
  Write(frame.append(bytes));
}

void StreamClient::Pour(uint32_t id, uint64_t bytes) {
  std::string frame;
  AppendDataHead(frame, id, 0, kPiece);
  frame.append(kPiece, 'x');
  for (; bytes >= kPiece; bytes -= kPiece) Write(frame);
  Send(id, std::string(bytes, 'x'), true);
}

std::optional<StreamClient::Data> StreamClient::Next() {
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

}  // namespace jobpod::bench
