// What both services share: calling a handler through the skin, with its messages or with raw bytes.
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>

#include <optional>

#include "cri/handlers.hpp"
#include "cri/skin.hpp"

namespace jobpod {

using Context = grpc::CallbackServerContext;
using Bytes = grpc::ByteBuffer;
using Unary = grpc::ServerUnaryReactor;
using Stream = grpc::ServerWriteReactor<grpc::ByteBuffer>;

class ServiceCalls {
 public:
  ServiceCalls(const Rooms& rooms, Skin& skin) : rooms_(rooms), skin_(skin) {}

  template <typename Request, typename Response>
  using Handler = Status (*)(const Rooms&, Call&, const Request&, Response*);

  template <typename Request, typename Response>
  Unary* Quick(const Rpc& rpc, Context* context, const Request* request, Response* response,
               Handler<Request, Response> handler) {
    return skin_.Inline(rpc, context, [&](Call& call) { return handler(rooms_, call, *request, response); });
  }

  // gRPC keeps request and response until the call is done.
  template <typename Request, typename Response>
  Unary* Waits(const Rpc& rpc, Context* context, const Request* request, Response* response,
               Handler<Request, Response> handler) {
    return skin_.OnWorker(rpc, context, [this, request, response, handler](Call& call) {
      return handler(rooms_, call, *request, response);
    });
  }

  // A list in one message: `list(request)` is a StatusOr<ItemList>. Quick lists never wait.
  template <typename Request, typename List>
  Unary* QuickList(const char* name, Context* context, const Bytes* request, Bytes* response,
                   const List& list) {
    return skin_.Inline({.name = name}, context,
                        [&](Call&) { return Whole<Request>(*request, response, list); });
  }
  template <typename Request, typename List>
  Unary* WaitingList(const char* name, Context* context, const Bytes* request, Bytes* response, List list) {
    return skin_.OnWorker({.name = name}, context, [request, response, list](Call&) {
      return Whole<Request>(*request, response, list);
    });
  }

  // The same list in several messages.
  template <typename Request, typename List>
  Stream* StreamList(const char* name, Context* context, const Bytes* request, List list) {
    return skin_.Stream({.name = name}, context, [bytes = *request, list](Call&) -> StatusOr<Skin::Batches> {
      Request message;
      RETURN_IF_ERROR(Parse(bytes, message));
      ASSIGN_OR_RETURN(const ItemList items, list(message));
      return items.Batches(kBatchBytes);
    });
  }

  Unary* Missing(const char* name, Context* context, const char* why) {
    return skin_.Inline({.name = name}, context, [&](Call&) { return handle::NotAvailable(name, why); });
  }

  const Rooms& rooms() const { return rooms_; }
  Skin& skin() { return skin_; }

 private:
  static constexpr size_t kBatchBytes = 256 << 10;

  template <typename Message>
  static Status Parse(Bytes bytes, Message& message) {
    const auto status = grpc::SerializationTraits<Message>::Deserialize(&bytes, &message);
    if (status.ok()) return absl::OkStatus();
    return absl::InvalidArgumentError(Concat("the request is no ", message.GetTypeName()));
  }

  template <typename Request, typename List>
  static Status Whole(const Bytes& request, Bytes* response, const List& list) {
    Request message;
    RETURN_IF_ERROR(Parse(request, message));
    ASSIGN_OR_RETURN(const ItemList items, list(message));
    *response = items.Whole();
    return absl::OkStatus();
  }

  const Rooms& rooms_;
  Skin& skin_;
};

}  // namespace jobpod
