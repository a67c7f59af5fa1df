// /dev/console of an image-root container with a terminal.
#pragma once

#include "base/status.hpp"

namespace jobpod {

// Shows `terminal`, a file of this mount namespace, as /dev/console. To be called when the image is the root.
Status MountConsole(int terminal);

}  // namespace jobpod
