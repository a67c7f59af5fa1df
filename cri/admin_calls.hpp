// The streaming call of the admin service.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "cri/proto/admin.pb.h"
#include "cri/skin.hpp"

namespace jobpod {

// Streams a pull's progress. What the client is too slow to read is merged by layer, so memory is bounded
// by the number of layers. Deletes itself when its call is over.
class PullCall : public grpc::ServerWriteReactor<v1::PullImageProgress> {
 public:
  PullCall(Images& images, RpcRecord record, const v1::PullImageRequest& request);
  // `admitted`: whether it is to be done at all.
  void Run(Workers& workers, const Status& admitted);

  void OnWriteDone(bool ok) override;
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { delete this; }

 private:
  void Progress(const PullProgress& progress);
  void Pull();
  void End(StatusOr<std::string> image_id);
  // Fills the message, if nothing is being written and there is something to write.
  enum class Step { kNothing, kWrite, kFinish };
  Step NextLocked();
  void Take(Step step);  // without the lock: finishing may delete this object

  Images& images_;
  const RpcRecord record_;
  PullRequest request_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::map<std::string, v1::LayerProgress> changed_;
  std::optional<StatusOr<std::string>> result_;
  v1::PullImageProgress message_;
  bool writing_ = false;
};

}  // namespace jobpod
