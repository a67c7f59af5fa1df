// Precompiled (cmake/precompiled.cmake) for what speaks CRI. Never included by hand.
#pragma once

#include <grpcpp/grpcpp.h>

#include "cri/proto/admin.grpc.pb.h"
#include "cri/proto/runtime.grpc.pb.h"
