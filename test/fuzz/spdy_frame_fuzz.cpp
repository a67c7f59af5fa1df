// SPDY frames: what a session makes of the bytes does not depend on how they were cut, and keeps its rules.
#include <algorithm>
#include <string>

#include "cri/streaming/spdy_parser.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
using namespace jobpod::streaming;

struct Trace {
  std::string events;
  uint32_t last_id = 0;

  void operator()(const Ignored&) { events += "ignored;"; }
  void operator()(const StreamOpened& opened) {
    fuzz::Require(opened.id % 2 == 1 && opened.id > last_id, "ids are odd and rise");
    last_id = opened.id;
    events += fmt::format("open {} {};", opened.id, opened.headers.size());
  }
  void operator()(const StreamData& data) {
    fuzz::Require(data.id % 2 == 1 && data.id <= last_id, "data comes on streams that were opened");
    for (const char byte : data.bytes)
      events += fmt::format("{}:{:02x}", data.id, static_cast<uint8_t>(byte));
    if (data.finished) events += fmt::format("end {};", data.id);
  }
  void operator()(const StreamReset& reset) { events += fmt::format("reset {};", reset.id); }
  void operator()(const Pinged& ping) { events += fmt::format("ping {};", ping.id); }
};

std::string Run(std::string_view bytes, size_t piece) {
  SpdyParser parser;
  Trace trace;
  std::string kept;
  while (!bytes.empty()) {
    kept += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::string_view input = kept;
    for (;;) {
      const auto event = parser.Next(input);
      if (!event.ok()) {
        fuzz::Require(absl::IsInvalidArgument(event.status()), "a kind");
        return trace.events + "broken";
      }
      if (!*event) break;
      std::visit(trace, **event);
    }
    kept.erase(0, kept.size() - input.size());
    fuzz::Require(kept.size() <= SpdyParser::kLargestControl + kFrameHeadBytes,
                  "no more is kept than a control frame");
  }
  return trace.events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<size_t>(size, 60'000));
  const std::string whole = Run(bytes, 4096);
  fuzz::Require(Run(bytes, 1) == whole, "the same whatever the pieces");
  return 0;
}
