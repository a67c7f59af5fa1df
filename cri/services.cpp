#include "cri/services.hpp"

#include <grpcpp/impl/service_type.h>

#include "cri/admission.hpp"
#include "cri/service_makers.hpp"

namespace jobpod {
namespace {

class ServicesImpl final : public Services {
 public:
  ServicesImpl(const ServicesConfig& config, PodManager& pods, Images& images, streaming::Server& streaming,
               Workers& workers, RpcObserver& observer, std::function<HostIdentity()> host_identity)
      : skin_(workers, observer, config.peer_check),
        rooms_{pods,
               images,
               streaming,
               ParseAdmitLevel(config.admit),
               config.default_handler,
               config.runtime_version,
               [this] { return skin_.ready(); },
               std::move(host_identity)},
        runtime_(MakeRuntimeService(rooms_, skin_)),
        image_(MakeImageService(rooms_, skin_)) {}

  std::vector<grpc::Service*> services() override { return {runtime_.get(), image_.get()}; }
  void SetReady(bool ready) override { skin_.SetReady(ready); }

 private:
  Skin skin_;
  const Rooms rooms_;
  const std::unique_ptr<grpc::Service> runtime_, image_;
};

}  // namespace

std::unique_ptr<Services> MakeServicesFor(ServicesConfig config, PodManager& pods, Images& images,
                                          streaming::Server& streaming, Workers& workers,
                                          RpcObserver& observer,
                                          std::function<HostIdentity()> host_identity) {
  return std::make_unique<ServicesImpl>(config, pods, images, streaming, workers, observer,
                                        std::move(host_identity));
}

}  // namespace jobpod
