// SPDY header blocks: as they come, and what stands in them when the compression is right.
#include <algorithm>
#include <string>

#include "cri/streaming/spdy_frame.hpp"
#include "cri/streaming/spdy_headers.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
using namespace jobpod::streaming;

void Check(const StatusOr<SpdyHeaders>& headers) {
  if (!headers.ok()) return fuzz::Require(absl::IsInvalidArgument(headers.status()), "a kind");
  size_t size = 0;
  for (const auto& [name, value] : *headers) {
    fuzz::Require(!name.empty(), "a name");
    size += name.size() + value.size();
  }
  fuzz::Require(size <= HeaderReader::kMaxBlock, "bounded");
  const auto again = HeaderReader().Read(HeaderWriter().Write(*headers));
  fuzz::Require(again.ok() && *again == *headers, "what is written is read again");
}

// `plain` as a stored block of deflate behind the start of the stream.
std::string Stored(std::string_view plain) {
  std::string block = "\x78\x20\xe3\xc6\xa7\xc2";
  const auto size = static_cast<uint16_t>(plain.size());
  for (const int byte : {0, size & 0xff, size >> 8, ~size & 0xff, ~size >> 8 & 0xff})
    block.push_back(static_cast<char>(byte));
  return block.append(plain).append("\0\0\0\xff\xff", 5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<size_t>(size, 30'000));
  HeaderReader reader;
  const size_t half = bytes.size() / 2;
  for (const std::string_view block : {bytes.substr(0, half), bytes.substr(half)}) {
    const auto headers = reader.Read(block);
    Check(headers);
    if (!headers.ok()) break;
  }
  Check(HeaderReader().Read(bytes));
  Check(HeaderReader().Read(Stored(bytes)));
  return 0;
}
