#pragma once

#include <cstddef>

namespace jobpod {

// Fills `bytes` from the operating system's random source. Thread-safe; aborts when there is none.
void FillRandom(void* bytes, size_t size);

}  // namespace jobpod
