// The small service of jobpod's own command line (jobpod.v1.Admin), beside CRI on the same socket.
#pragma once

#include <memory>
#include <string>

#include "cri/services.hpp"

namespace jobpod {

// What is passed by reference outlives the service; the service outlives its server and what it has given
// to `workers`. `root` is the daemon's root directory, for the checks.
std::unique_ptr<grpc::Service> MakeAdminService(Images& images, Workers& workers, RpcObserver& observer,
                                                std::string root, PeerCheck peer_check);

}  // namespace jobpod
