#include "cri/cli/pull.hpp"

#include "cri/cli/interrupt.hpp"
#include "cri/cli/progress.hpp"

namespace jobpod::cli {
namespace {

v1::PullImageRequest Request(const PullOptions& options) {
  v1::PullImageRequest request;
  request.set_reference(options.reference);
  request.set_platform(options.platform);
  request.set_username(options.username);
  request.set_password(options.password);
  return request;
}

}  // namespace

StatusOr<std::string> Pull(const Client& client, const PullOptions& options) {
  grpc::ClientContext context;
  const OnInterrupt cancel([&](int) { context.TryCancel(); });
  const auto stream = client.admin->PullImage(&context, Request(options));
  ProgressView view = ProgressView::ForStandardError();
  std::string id;
  for (v1::PullImageProgress message; stream->Read(&message);) {
    if (!message.image_id().empty()) id = message.image_id();
    for (const v1::LayerProgress& layer : message.layers()) {
      if (!options.quiet)
        view.Update({layer.layer(), layer.phase(), layer.done_bytes(), layer.total_bytes()});
    }
  }
  RETURN_IF_ERROR(FromGrpc(stream->Finish()));
  return id;
}

StatusOr<std::optional<cri::Image>> FindImage(const Client& client, const std::string& reference) {
  grpc::ClientContext context;
  SetDeadline(context);
  cri::ImageStatusRequest request;
  request.mutable_image()->set_image(reference);
  cri::ImageStatusResponse response;
  RETURN_IF_ERROR(FromGrpc(client.images->ImageStatus(&context, request, &response)));
  if (!response.has_image()) return std::optional<cri::Image>();
  return std::optional<cri::Image>(response.image());
}

}  // namespace jobpod::cli
