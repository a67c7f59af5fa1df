// The generated CRI messages under a short name.
#pragma once

#include "cri/proto/runtime.pb.h"

namespace jobpod {

namespace cri = ::runtime::v1;

}  // namespace jobpod
