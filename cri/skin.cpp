#include "cri/skin.hpp"

#include <grpcpp/server_context.h>

#include <exception>
#include <optional>

#include "base/log.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxMessageText = 4096;

// "00-<32 hex: the trace id>-<16 hex>-<2 hex>"; anything else is no trace id.
std::string TraceId(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("traceparent");
  if (found == metadata.end() || found->second.size() != 55) return "";
  std::string id(found->second.data() + 3, 32);
  const bool valid = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  return valid ? id : "";
}

// One log line stays one line whatever a client has put into a name.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

// No exception of a library leaves an RPC.
template <typename Function>
auto Guarded(const Rpc& rpc, const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return absl::InternalError(Concat(rpc.name, " failed inside the daemon: ", error.what()));
  }
}

Status Gone(const Rpc& rpc) {
  return absl::CancelledError(Concat(rpc.name, ": the client has cancelled the call"));
}

class WorkerCall final : public grpc::ServerUnaryReactor {
 public:
  WorkerCall(const Rpc& rpc, RpcRecord record, Skin::Handler handler)
      : rpc_(rpc), record_(std::move(record)), handler_(std::move(handler)) {
    call_.stop = stop_.get_token();
  }

  void Run() {
    End(call_.stop.stop_requested() ? Gone(rpc_) : Guarded(rpc_, [this] { return handler_(call_); }));
  }
  // The call may be gone when this comes back.
  void End(const Status& status) {
    record_.Finish(call_, status);
    Finish(ToGrpc(status));
  }
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { delete this; }

 private:
  const Rpc rpc_;
  const RpcRecord record_;
  const Skin::Handler handler_;
  std::stop_source stop_;
  Call call_;
};

class StreamCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  StreamCall(const Rpc& rpc, RpcRecord record, Skin::ListHandler handler)
      : rpc_(rpc), record_(std::move(record)), handler_(std::move(handler)) {
    call_.stop = stop_.get_token();
  }

  void Run() {
    using Result = StatusOr<Skin::Batches>;
    auto batches = call_.stop.stop_requested() ? Result(Gone(rpc_))
                                               : Guarded(rpc_, [this] { return Result(handler_(call_)); });
    if (!batches.ok()) return End(batches.status());
    batches_ = *std::move(batches);
    WriteNext();
  }
  void End(const Status& status) {
    record_.Finish(call_, status);
    Finish(ToGrpc(status));
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return End(Gone(rpc_));
    WriteNext();
  }
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (next_ == batches_.size()) return End(absl::OkStatus());
    StartWrite(&batches_[next_++]);
  }

  const Rpc rpc_;
  const RpcRecord record_;
  const Skin::ListHandler handler_;
  std::stop_source stop_;
  Call call_;
  Skin::Batches batches_;
  size_t next_ = 0;
};

template <typename Reactor>
Reactor* Start(Workers& workers, const Status& admitted, Reactor* reactor) {
  Status status = admitted;
  if (status.ok()) status = workers.Run([reactor] { reactor->Run(); });
  if (!status.ok()) reactor->End(status);
  return reactor;
}

}  // namespace

grpc::Status ToGrpc(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string text(Message(status).substr(0, kMaxMessageText));
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::move(text));
}

RpcRecord::RpcRecord(const Rpc& rpc, const grpc::CallbackServerContext& context, RpcObserver& observer)
    : rpc_(rpc),
      trace_id_(TraceId(context)),
      begin_(std::chrono::steady_clock::now()),
      observer_(&observer) {}

void RpcRecord::Finish(const Call& call, const Status& status) const {
  const auto elapsed = std::chrono::steady_clock::now() - begin_;
  observer_->Finished(rpc_.name, static_cast<int>(status.code()), elapsed);
  const auto level = !rpc_.changes ? log::Level::kDebug : status.ok() ? log::Level::kInfo : log::Level::kWarning;
  if (!log::Enabled(level)) return;
  const double ms = std::chrono::duration<double, std::milli>(elapsed).count();
  const std::string trace = trace_id_.empty() ? "" : Concat(" trace=", trace_id_);
  const std::string result =
      status.ok() ? "ok" : Concat(absl::StatusCodeToString(status.code()), ": ", Message(status));
  const std::string subject = OneLine(call.subject), outcome = OneLine(result);
  log::Write(level, "{} {} in {:.1f} ms{}: {}", fmt::make_format_args(rpc_.name, subject, ms, trace, outcome));
}

Status Skin::Admit(const Rpc& rpc, const grpc::CallbackServerContext& context) const {
  if (peer_check_ && !peer_check_(context.peer())) {
    return absl::PermissionDeniedError(
        Concat(rpc.name, ": jobpodd's port is for its own pipe only; connect to the pipe, see [grpc] address"));
  }
  if (rpc.always || ready_) return absl::OkStatus();
  return absl::UnavailableError(
      Concat(rpc.name, ": jobpodd is still starting, pods are being recovered; try again"));
}

grpc::ServerUnaryReactor* Skin::Inline(const Rpc& rpc, grpc::CallbackServerContext* context,
                                       const Handler& handler) {
  const RpcRecord record(rpc, *context, observer_);
  Call call;
  Status status = Admit(rpc, *context);
  if (status.ok()) status = Guarded(rpc, [&] { return handler(call); });
  record.Finish(call, status);
  auto* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* Skin::OnWorker(const Rpc& rpc, grpc::CallbackServerContext* context,
                                         Handler handler) {
  return Start(workers_, Admit(rpc, *context), new WorkerCall(rpc, Record(rpc, *context), std::move(handler)));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* Skin::Stream(const Rpc& rpc, grpc::CallbackServerContext* context,
                                                         ListHandler handler) {
  return Start(workers_, Admit(rpc, *context), new StreamCall(rpc, Record(rpc, *context), std::move(handler)));
}

}  // namespace jobpod
