#include "cri/service_makers.hpp"

namespace jobpod {

std::unique_ptr<Services> MakeServices(ServicesConfig config, PodManager& pods, Images& images,
                                       Workers& workers, RpcObserver& observer) {
  return MakeServicesFor(std::move(config), pods, images, workers, observer, ReadHostIdentity);
}

}  // namespace jobpod
