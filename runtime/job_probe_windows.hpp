// What job objects can do on this system, found by trying.
#pragma once

#include "runtime/job.hpp"

namespace jobpod {

JobSystem ProbeJobObjects();

}  // namespace jobpod
