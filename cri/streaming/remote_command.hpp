// One exec or attach between a client's streams and a process's: starts it, carries the bytes, and tells at
// the end how it ended. Knows no protocol; the streams may come from SPDY or from a WebSocket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/workers.hpp"
#include "cri/streaming/duplex.hpp"
#include "cri/streaming/pump.hpp"
#include "cri/streaming/status_json.hpp"
#include "cri/streaming/terminal_size.hpp"
#include "cri/streaming/token.hpp"

namespace jobpod::streaming {

// The client's ends. `error` is always there, the others when they were asked for; `resize` with a terminal,
// where the protocol has it.
struct ClientStreams {
  DuplexPointer error, standard_input, standard_output, standard_error, resize;
};

// Not thread-safe: runs on the streams' executor. Order at the end: all output, its end, the status, its end.
class RemoteCommand : public std::enable_shared_from_this<RemoteCommand> {
 public:
  // `workers` runs the ticket's `open`.
  RemoteCommand(boost::asio::any_io_executor executor, Workers& workers, Ticket ticket, StatusForm form);

  // `finished` runs once, when the status has been written to `streams` or could not be. Not after Abort().
  void Start(ClientStreams streams, std::function<void()> finished);
  // The process's session is dropped, and the client is told `why` instead of an exit code.
  void Fail(const Status& why);
  // The client has gone: the process's session is dropped. Idempotent.
  void Abort();

 private:
  using Error = boost::system::error_code;

  void Open(std::shared_ptr<RemoteCommand> self);
  void OnOpened(StatusOr<std::unique_ptr<StdioSession>> session);
  void Carry(Channel* output, const DuplexPointer& to);
  void CarryInput();
  void OnEnd(StatusOr<int32_t> exit_code);
  void CheckFinished();
  void WriteStatus();
  void OnStatusWritten();
  void ReadSizes();
  void OnSize(size_t bytes);
  void Release();

  const boost::asio::any_io_executor executor_;
  Workers& workers_;
  const Ticket ticket_;
  const StatusForm form_;
  ClientStreams streams_;
  std::function<void()> finished_;

  std::unique_ptr<StdioSession> session_;
  std::shared_ptr<Pump> input_;
  std::vector<std::shared_ptr<Pump>> outputs_;
  std::optional<StatusOr<int32_t>> end_;
  TerminalSizeReader sizes_;
  std::vector<char> size_bytes_;
  std::string status_;
  bool opened_ = false, closing_ = false, aborted_ = false;
};

}  // namespace jobpod::streaming
