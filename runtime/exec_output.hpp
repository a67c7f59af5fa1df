// The two outputs of an ExecSync and the shim's answer, awaited together.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/native_handle.hpp"
#include "runtime/pod_manager.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod {

// Made, collected and destroyed on one thread; Answer may be called on any, also after Collect has given up.
class ExecOutput {
 public:
  using Reply = StatusOr<shim::FromShim>;

  static StatusOr<std::shared_ptr<ExecOutput>> Open();
  virtual ~ExecOutput() = default;

  // The writing ends, for the shim: standard output, standard error. Gone after CloseTheirs.
  virtual std::vector<NativeHandle> Theirs() const = 0;
  virtual void CloseTheirs() = 0;

  virtual void Answer(Reply reply) = 0;

  // Reads both outputs to their ends, or until a while after the answer (for ends kept by processes outside the tree),
  // or until `deadline`. Keeps at most `budget` bytes of both together. Nothing when there was no answer in time.
  virtual std::optional<Reply> Collect(ExecResult& result, size_t budget, std::optional<Deadline> deadline) = 0;
};

}  // namespace jobpod
