// Terminal sizes: the last one is the same whatever the pieces, and never 0.
#include <algorithm>
#include <string>

#include "cri/streaming/terminal_size.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
using namespace jobpod::streaming;

std::string Run(std::string_view bytes, size_t piece) {
  TerminalSizeReader reader;
  std::string last;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    const auto size = reader.Feed(bytes.substr(0, piece));
    if (!size) continue;
    fuzz::Require(size->width > 0 && size->height > 0, "a size");
    last = fmt::format("{}x{}", size->width, size->height);
  }
  return last;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<size_t>(size, 10'000));
  const std::string whole = Run(bytes, bytes.size() + 1);
  fuzz::Require(Run(bytes, 1) == whole, "the same in single bytes");
  fuzz::Require(Run(bytes, 100) == whole, "the same in pieces");
  return 0;
}
