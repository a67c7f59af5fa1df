#include "cri/proto/runtime.grpc.pb.h"

#include "cri/service_calls.hpp"
#include "cri/service_makers.hpp"

namespace jobpod {
namespace {

using Wire = cri::ImageService;
using RawWire =
    Wire::WithRawCallbackMethod_ListImages<Wire::WithRawCallbackMethod_StreamImages<Wire::CallbackService>>;

auto ListIn(const Rooms& rooms) {
  return [&rooms](const auto& request) { return handle::ListImages(rooms, request.filter()); };
}

class ImageService final : public RawWire, public ServiceCalls {
 public:
  using ServiceCalls::ServiceCalls;

  Unary* ImageStatus(Context* context, const cri::ImageStatusRequest* request,
                     cri::ImageStatusResponse* response) override {
    return Quick({.name = "ImageStatus"}, context, request, response, handle::ImageStatus);
  }
  // Clients probe the image service with it, ready or not.
  Unary* ImageFsInfo(Context* context, const cri::ImageFsInfoRequest* request,
                     cri::ImageFsInfoResponse* response) override {
    return Quick({.name = "ImageFsInfo", .always = true}, context, request, response, handle::ImageFsInfo);
  }
  Unary* PullImage(Context* context, const cri::PullImageRequest* request,
                   cri::PullImageResponse* response) override {
    return Waits({.name = "PullImage", .changes = true}, context, request, response, handle::PullImage);
  }
  Unary* RemoveImage(Context* context, const cri::RemoveImageRequest* request,
                     cri::RemoveImageResponse* response) override {
    return Waits({.name = "RemoveImage", .changes = true}, context, request, response, handle::RemoveImage);
  }
  Unary* ListImages(Context* context, const Bytes* request, Bytes* response) override {
    return QuickList<cri::ListImagesRequest>("ListImages", context, request, response, ListIn(rooms()));
  }
  Stream* StreamImages(Context* context, const Bytes* request) override {
    return StreamList<cri::StreamImagesRequest>("StreamImages", context, request, ListIn(rooms()));
  }
};

}  // namespace

std::unique_ptr<grpc::Service> MakeImageService(const Rooms& rooms, Skin& skin) {
  return std::make_unique<ImageService>(rooms, skin);
}

}  // namespace jobpod
