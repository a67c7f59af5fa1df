#include <string>
#include <vector>

#include "base/win32_windows.hpp"
#include "runtime/shim/main.hpp"

// Main's arguments are in the system's code page; these are not (-municode).
extern "C" int wmain(int argc, wchar_t** argv) {
  std::vector<std::string> words;
  std::vector<char*> pointers;
  for (int i = 0; i < argc; ++i) words.push_back(jobpod::Utf8(argv[i]));
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return jobpod::shim::ShimMain(argc, pointers.data());
}
