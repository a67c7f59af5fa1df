#include "cri/service_makers.hpp"

namespace jobpod {

std::unique_ptr<Services> MakeServices(ServicesConfig config, PodManager& pods, Images& images,
                                       streaming::Server& streaming, Workers& workers,
                                       RpcObserver& observer) {
  return MakeServicesFor(std::move(config), pods, images, streaming, workers, observer, ReadHostIdentity);
}

}  // namespace jobpod
