#pragma once

#include <string>
#include <vector>

namespace jobpod {

// main's arguments in UTF-8. Also lets UTF-8 through this program's standard streams, byte for byte.
std::vector<std::string> WordsOf(int count, char** arguments);

}  // namespace jobpod
