#include "cri/admin_calls.hpp"

namespace jobpod {

PullCall::PullCall(Images& images, RpcRecord record, const v1::PullImageRequest& request)
    : images_(images), record_(std::move(record)) {
  request_.reference = request.reference();
  request_.platform = request.platform();
  request_.progress = [this](const PullProgress& progress) { Progress(progress); };
  if (request.username().empty() && request.password().empty()) return;
  request_.auth.emplace();
  request_.auth->username = request.username();
  request_.auth->password = request.password();
}

void PullCall::Run(Workers& workers, const Status& admitted) {
  const Status queued = admitted.ok() ? workers.Run([this] { Pull(); }) : admitted;
  if (!queued.ok()) End(queued);
}

void PullCall::Pull() {
  End(images_.Pull(request_, stop_.get_token()));
}

void PullCall::Progress(const PullProgress& progress) {
  std::unique_lock lock(mutex_);
  v1::LayerProgress& layer = changed_[progress.layer];
  layer.set_layer(progress.layer);
  layer.set_phase(progress.phase);
  layer.set_done_bytes(progress.done_bytes);
  layer.set_total_bytes(progress.total_bytes);
  const Step step = NextLocked();
  lock.unlock();
  Take(step);
}

void PullCall::End(StatusOr<std::string> image_id) {
  record_.Finish({.subject = request_.reference}, image_id.status());
  std::unique_lock lock(mutex_);
  result_ = std::move(image_id);
  const Step step = NextLocked();
  lock.unlock();
  Take(step);
}

void PullCall::OnWriteDone(bool ok) {
  if (!ok) stop_.request_stop();
  std::unique_lock lock(mutex_);
  writing_ = false;
  const Step step = NextLocked();
  lock.unlock();
  Take(step);
}

PullCall::Step PullCall::NextLocked() {
  if (writing_ || (changed_.empty() && !result_)) return Step::kNothing;
  message_.Clear();
  for (auto& [name, layer] : changed_) message_.add_layers()->Swap(&layer);
  changed_.clear();
  writing_ = true;
  return result_ ? Step::kFinish : Step::kWrite;
}

void PullCall::Take(Step step) {
  if (step == Step::kWrite) StartWrite(&message_);
  if (step != Step::kFinish) return;
  if (!result_->ok()) return Finish(ToGrpc(result_->status()));
  message_.set_image_id(**result_);
  StartWriteAndFinish(&message_, {}, grpc::Status::OK);
}

}  // namespace jobpod
