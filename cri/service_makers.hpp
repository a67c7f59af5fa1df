// The two gRPC services. Everything passed outlives them.
#pragma once

#include <memory>

#include "cri/rooms.hpp"
#include "cri/services.hpp"
#include "cri/skin.hpp"

namespace jobpod {

std::unique_ptr<grpc::Service> MakeRuntimeService(const Rooms& rooms, Skin& skin);
std::unique_ptr<grpc::Service> MakeImageService(const Rooms& rooms, Skin& skin);

// MakeServices with the host's identity given from outside.
std::unique_ptr<Services> MakeServicesFor(ServicesConfig config, PodManager& pods, Images& images,
                                          streaming::Server& streaming, Workers& workers,
                                          RpcObserver& observer, std::function<HostIdentity()> host_identity);

}  // namespace jobpod
