// Errors: absl::Status with one of the gRPC kinds and one sentence for the user: what failed, on what,
// why, what to do. Kinds are chosen where the cause is known and never guessed from text.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <string_view>

#include "base/text.hpp"

namespace jobpod {

using absl::Status;
using absl::StatusOr;

// An operating system error as a Status: "<what>: <text of error>". The kind follows errno
// (ENOENT → NotFound, EACCES/EPERM → PermissionDenied, ENOSPC/EMFILE → ResourceExhausted …).
Status ErrnoStatus(int error, std::string_view what);

// The message as a standard view; valid as long as the status.
inline std::string_view Message(const Status& status) {
  return {status.message().data(), status.message().size()};
}

// The same status with "<context>: " put before its message. OK stays OK.
Status Annotate(const Status& status, std::string_view context);

}  // namespace jobpod

#define JOBPOD_CONCAT_INNER(a, b) a##b
#define JOBPOD_CONCAT(a, b) JOBPOD_CONCAT_INNER(a, b)

// Returns early when the expression is not OK.
#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

// ASSIGN_OR_RETURN(auto value, Compute()): unwraps a StatusOr or returns its status.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(JOBPOD_CONCAT(status_or_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) return std::move(temporary).status();       \
  declaration = *std::move(temporary)
