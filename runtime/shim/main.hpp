#pragma once

namespace jobpod::shim {

// The shim program: `jobpod-shim <config file>` with a listening local socket as descriptor 3; on Windows
// `jobpod-shim <config file> <pipe>` with the value of an inherited handle, the first instance of its pipe. Returns
// the exit code when the pod is gone; what went wrong at the start is on standard error. Arguments are UTF-8. On Windows
// the shim starts itself as a launcher, too (runtime/inner_launcher_windows.hpp).
int ShimMain(int argc, char** argv);

}  // namespace jobpod::shim
