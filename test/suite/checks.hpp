// What cases say about themselves and about calls.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "test/harness/client.hpp"

namespace jobpod::test {

// Ends the case as skipped, with the reason; only for what this host cannot do.
void NoteSkipped(const std::string& reason);
#define JOBPOD_SKIP(reason)              \
  do {                                   \
    ::jobpod::test::NoteSkipped(reason); \
    return;                              \
  } while (false)

}  // namespace jobpod::test

// One RPC and the code it must end with; the message is shown when it does not.
#define CHECK_CODE(code, ...)                                                                          \
  do {                                                                                                 \
    const grpc::Status outcome_ = ::jobpod::test::Outcome([&] { __VA_ARGS__; });                       \
    INFO(#__VA_ARGS__ " answered code " << outcome_.error_code() << ": " << outcome_.error_message()); \
    CHECK(static_cast<int>(outcome_.error_code()) == static_cast<int>(grpc::StatusCode::code));        \
    if (!outcome_.ok()) CHECK(!outcome_.error_message().empty());                                      \
  } while (false)
