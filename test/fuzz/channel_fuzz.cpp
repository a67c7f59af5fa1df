// WebSocket messages of every subprotocol: the same whatever the pieces, base64 read as it was meant.
#include <algorithm>
#include <string>

#include "base/base64.hpp"
#include "cri/streaming/channel_message.hpp"
#include "test/fuzz/fuzz_tools.hpp"

namespace {

using namespace jobpod;
using namespace jobpod::streaming;

constexpr const char* kProtocols[] = {"",
                                      "channel.k8s.io",
                                      "base64.channel.k8s.io",
                                      "v4.channel.k8s.io",
                                      "v4.base64.channel.k8s.io",
                                      "v5.channel.k8s.io"};

// What the channels get of the messages, which end in the input where a byte is 0xfe.
std::string Run(const ChannelForm& form, std::string_view bytes, size_t piece) {
  ChannelReader reader(form);
  std::string channels[kChannels];
  while (!bytes.empty()) {
    std::string_view message = bytes.substr(0, bytes.find('\xfe'));
    bytes.remove_prefix(std::min(bytes.size(), message.size() + 1));
    do {
      const std::string_view part = message.substr(0, piece);
      message.remove_prefix(part.size());
      const auto result = reader.Feed(part, message.empty());
      if (!result.ok()) {
        fuzz::Require(absl::IsInvalidArgument(result.status()), "a kind");
        return "broken";
      }
      if (!result->channel) continue;
      fuzz::Require(static_cast<size_t>(*result->channel) < kChannels, "a channel that there is");
      fuzz::Require(!result->ends || form.half_close, "only v5 ends channels");
      channels[static_cast<size_t>(*result->channel)]
          .append(result->bytes)
          .append(result->ends ? "<end>" : "");
    } while (!message.empty());
  }
  std::string all;
  for (const std::string& channel : channels) all += fmt::format("{} ", channel.size()) + channel;
  return all;
}

void CheckBase64(std::string_view bytes) {
  std::string text, again;
  AppendBase64(bytes, text);
  Base64Reader reader;
  fuzz::Require(reader.Feed(text, again) && reader.Finish() && again == bytes, "base64 and back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, std::min<size_t>(size - 1, 20'000));
  const ChannelForm form = ChannelFormOf(kProtocols[data[0] % std::size(kProtocols)]);
  const std::string whole = Run(form, bytes, bytes.size() + 1);
  fuzz::Require(Run(form, bytes, 1) == whole, "the same in single bytes");
  fuzz::Require(Run(form, bytes, 7) == whole, "the same in pieces");
  CheckBase64(bytes);
  return 0;
}
