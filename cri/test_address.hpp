#pragma once

#include <string>

namespace jobpod {

// An endpoint for one test, whose own `directory` is.
std::string TestAddress(const std::string& directory);

}  // namespace jobpod
