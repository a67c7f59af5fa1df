#include "cri/admin_service.hpp"

#include <filesystem>

#include "cri/admin_calls.hpp"
#include "cri/host_checks.hpp"
#include "cri/proto/admin.grpc.pb.h"

namespace jobpod {
namespace {

Status Import(Images& images, const v1::ImportImageRequest& request, v1::ImportImageResponse& response,
              std::stop_token stop) {
  if (!std::filesystem::path(request.path()).is_absolute()) {
    return absl::InvalidArgumentError(
        Concat("cannot import \"", request.path(), "\": the path must be absolute"));
  }
  ASSIGN_OR_RETURN(const auto ids, images.Import(request.path(), request.name(), std::move(stop)));
  response.mutable_image_ids()->Add(ids.begin(), ids.end());
  return absl::OkStatus();
}

Status Export(Images& images, const v1::ExportImageRequest& request, std::stop_token stop) {
  if (!std::filesystem::path(request.path()).is_absolute()) {
    return absl::InvalidArgumentError(
        Concat("cannot export to \"", request.path(), "\": the path must be absolute"));
  }
  return images.Export(request.image(), request.path(), std::move(stop));
}

v1::Check::Result WireResult(CheckResult result) {
  switch (result) {
    case CheckResult::kOk:
      return v1::Check::OK;
    case CheckResult::kWarn:
      return v1::Check::WARN;
    case CheckResult::kFail:
      break;
  }
  return v1::Check::FAIL;
}

Status Examine(const std::string& root, v1::DoctorResponse& response) {
  for (const HostCheck& found : CheckHost(root)) {
    v1::Check& check = *response.add_checks();
    check.set_name(found.name);
    check.set_result(WireResult(found.result));
    check.set_detail(found.detail);
    check.set_remedy(found.remedy);
  }
  return absl::OkStatus();
}

constexpr Rpc kImport{.name = "AdminImportImage", .changes = true};
constexpr Rpc kExport{.name = "AdminExportImage"};
constexpr Rpc kPull{.name = "AdminPullImage", .changes = true};
constexpr Rpc kDoctor{.name = "AdminDoctor"};

class AdminService : public v1::Admin::CallbackService {
 public:
  AdminService(Images& images, Workers& workers, RpcObserver& observer, std::string root, PeerCheck peer_check)
      : images_(images),
        workers_(workers),
        root_(std::move(root)),
        skin_(workers, observer, std::move(peer_check)) {
    skin_.SetReady(true);  // images are open before there is a server
  }

  grpc::ServerUnaryReactor* ImportImage(grpc::CallbackServerContext* context,
                                        const v1::ImportImageRequest* request,
                                        v1::ImportImageResponse* response) override {
    return skin_.OnWorker(kImport, context, [this, request, response](Call& call) {
      call.subject = request->path();
      return Import(images_, *request, *response, call.stop);
    });
  }

  grpc::ServerUnaryReactor* ExportImage(grpc::CallbackServerContext* context,
                                        const v1::ExportImageRequest* request,
                                        v1::ExportImageResponse*) override {
    return skin_.OnWorker(kExport, context, [this, request](Call& call) {
      call.subject = request->image();
      return Export(images_, *request, call.stop);
    });
  }

  grpc::ServerWriteReactor<v1::PullImageProgress>* PullImage(grpc::CallbackServerContext* context,
                                                             const v1::PullImageRequest* request) override {
    auto* call = new PullCall(images_, skin_.Record(kPull, *context), *request);
    call->Run(workers_, skin_.Admit(kPull, *context));
    return call;
  }

  grpc::ServerUnaryReactor* Doctor(grpc::CallbackServerContext* context, const v1::DoctorRequest*,
                                   v1::DoctorResponse* response) override {
    return skin_.OnWorker(kDoctor, context, [this, response](Call&) { return Examine(root_, *response); });
  }

 private:
  Images& images_;
  Workers& workers_;
  const std::string root_;
  Skin skin_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(Images& images, Workers& workers, RpcObserver& observer,
                                                std::string root, PeerCheck peer_check) {
  return std::make_unique<AdminService>(images, workers, observer, std::move(root), std::move(peer_check));
}

}  // namespace jobpod
