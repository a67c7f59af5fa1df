#pragma once

namespace jobpod {

// From now on writing to a pipe that nobody reads fails, and does nothing else.
void IgnorePipeSignal();

}  // namespace jobpod
