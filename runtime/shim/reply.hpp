// Answers of a shim.
#pragma once

#include "base/status.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod::shim {

inline FromShim ReplyOf(const Status& error) {
  FromShim reply;
  reply.set_error_code(static_cast<uint32_t>(error.code()));
  reply.set_error_message(Concat(Message(error)));
  return reply;
}

inline FromShim ReplyOf(const StatusOr<ExecReply>& outcome) {
  if (!outcome.ok()) return ReplyOf(outcome.status());
  FromShim reply;
  *reply.mutable_exec() = *outcome;
  return reply;
}

}  // namespace jobpod::shim
