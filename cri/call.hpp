// What a handler knows of the RPC it answers.
#pragma once

#include <stop_token>
#include <string>

namespace jobpod {

struct Call {
  // Requested when the client has gone or its deadline has passed. Only for RPCs that run on a worker.
  std::stop_token stop;
  // What the call is about, for the log: "default/web", an id. Never a secret.
  std::string subject;
};

}  // namespace jobpod
