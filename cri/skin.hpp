// The skin around every RPC, and the one place for who may call, readiness, log, metric, trace id and the conversion
// of errors to gRPC. Handlers below it see plain messages and return a Status.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/workers.hpp"
#include "cri/call.hpp"
#include "cri/services.hpp"

namespace jobpod {

struct Rpc {
  const char* name;
  bool always = false;   // answered before the daemon is ready, too
  bool changes = false;  // changes something: logged at info, its failure at warn; others at debug
};

// The gRPC form of a status; long messages are cut so that they fit a client's header limit.
grpc::Status ToGrpc(const Status& status);

// One RPC from arrival to answer: measures, and writes the log line and the metric at the end.
class RpcRecord {
 public:
  RpcRecord(const Rpc& rpc, const grpc::CallbackServerContext& context, RpcObserver& observer);
  // Exactly once.
  void Finish(const Call& call, const Status& status) const;

 private:
  Rpc rpc_;
  std::string trace_id_;  // from the client's traceparent; empty when it sent none
  std::chrono::steady_clock::time_point begin_;
  RpcObserver* observer_;
};

// Thread-safe. `workers` and `observer` outlive it, and it outlives every call.
class Skin {
 public:
  using Handler = std::function<Status(Call&)>;
  using Batches = std::vector<grpc::ByteBuffer>;
  using ListHandler = std::function<StatusOr<Batches>(Call&)>;

  Skin(Workers& workers, RpcObserver& observer, PeerCheck peer_check)
      : workers_(workers), observer_(observer), peer_check_(std::move(peer_check)) {}

  void SetReady(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

  // Answered at once on gRPC's thread: for what never waits.
  grpc::ServerUnaryReactor* Inline(const Rpc& rpc, grpc::CallbackServerContext* context,
                                   const Handler& handler);
  // On a worker; the client's cancellation reaches the handler.
  grpc::ServerUnaryReactor* OnWorker(const Rpc& rpc, grpc::CallbackServerContext* context, Handler handler);
  // A list made on a worker and sent in several messages.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Stream(const Rpc& rpc, grpc::CallbackServerContext* context,
                                                     ListHandler handler);

  // For streams that end by themselves: OK, or why the RPC is refused.
  Status Admit(const Rpc& rpc, const grpc::CallbackServerContext& context) const;
  RpcRecord Record(const Rpc& rpc, const grpc::CallbackServerContext& context) {
    return RpcRecord(rpc, context, observer_);
  }

 private:
  Workers& workers_;
  RpcObserver& observer_;
  const PeerCheck peer_check_;
  std::atomic<bool> ready_{false};
};

}  // namespace jobpod
