// The messages of the WebSocket subprotocols, without a connection.
#include <catch2/catch.hpp>

#include "base/base64.hpp"
#include "cri/streaming/channel_message.hpp"

namespace jobpod::streaming {
namespace {

// What a message brings its channel, in pieces of any size; "broken" when the subprotocol is.
std::string Read(std::string_view subprotocol, std::string_view message, size_t piece = 1000) {
  ChannelReader reader(ChannelFormOf(subprotocol));
  std::string text;
  do {
    const std::string_view part = message.substr(0, piece);
    message.remove_prefix(part.size());
    const auto result = reader.Feed(part, message.empty());
    if (!result.ok()) return "broken";
    if (!result->channel) continue;
    if (text.empty()) text = Concat(static_cast<int>(*result->channel), ":");
    text += Concat(result->bytes, result->ends ? "end" : "");
  } while (!message.empty());
  return text;
}

TEST_CASE("a message names its channel, then what is for it, whatever the pieces") {
  for (const size_t piece : {1u, 3u, 1000u}) {
    CHECK(Read("v4.channel.k8s.io", std::string("\0hello", 6), piece) == "0:hello");
    CHECK(Read("", "\4{}", piece) == "4:{}");
    CHECK(Read("base64.channel.k8s.io", "0aGVsbG8=", piece) == "0:hello");
    CHECK(Read("base64.channel.k8s.io", "0aGVsbG8=\r\n\n", piece) == "0:hello");
    CHECK(Read("v4.base64.channel.k8s.io", "4aGVs\r\nbG8h\n", piece) == "4:hello!");
    CHECK(Read("v5.channel.k8s.io", std::string("\xff\0", 2), piece) == "0:end");
    CHECK(Read("v4.channel.k8s.io", std::string("\xff\0", 2), piece).empty());
    for (const char* nobody : {"", "\5hello", "\xfe", "\x30hello"})
      CHECK(Read("v5.channel.k8s.io", nobody, piece).empty());
    CHECK(Read("base64.channel.k8s.io", "/aGVsbG8=", piece).empty());
  }
}

TEST_CASE("what is no base64, and what ends no channel, is broken whatever the pieces") {
  for (const size_t piece : {1u, 4u, 5u, 1000u}) {
    for (const char* bad : {"0aGVsbG8", "0a", "0aGVs bG8=", "0aGVs-", "0-", "0aGVsbG8=aGVs",
                            "0aGVsbG8==", "0====", "0aGVs%G8=", "0=", "0aG=sbG8="})
      CHECK(Read("base64.channel.k8s.io", bad, piece) == "broken");
    for (const std::string& bad : {std::string("\xff"), std::string("\xff\5"), std::string("\xff\0\0", 3)})
      CHECK(Read("v5.channel.k8s.io", bad, piece) == "broken");
  }
}

TEST_CASE("base64 there and back") {
  std::string bytes, text, back;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i * 37));
  AppendBase64(bytes, text);
  CHECK(text.size() == 1336);
  CHECK(text.find('\n') == std::string::npos);
  for (const size_t size : {0u, 1u, 2u, 3u, 1000u}) {
    text = "before ";
    AppendBase64(bytes.substr(0, size), text);
    Base64Reader reader;
    back.clear();
    CHECK(reader.Feed(text.substr(7), back));
    CHECK(reader.Finish());
    CHECK(back == bytes.substr(0, size));
  }
}

TEST_CASE("each subprotocol has its form") {
  CHECK(ChannelFormOf("").status == StatusForm::kText);
  CHECK(ChannelFormOf("base64.channel.k8s.io").base64);
  CHECK(ChannelFormOf("base64.channel.k8s.io").status == StatusForm::kText);
  CHECK(ChannelFormOf("v4.base64.channel.k8s.io").status == StatusForm::kJson);
  CHECK_FALSE(ChannelFormOf("v4.channel.k8s.io").half_close);
  CHECK(ChannelFormOf("v5.channel.k8s.io").half_close);
  std::string encoded;
  CHECK(ChannelHead(ChannelNumber::kError, {}) == 3);
  CHECK(ChannelHead(ChannelNumber::kError, {.base64 = true}) == '3');
  CHECK(ChannelBody("hi", {}, encoded) == "hi");
  CHECK(ChannelBody("hi", {.base64 = true}, encoded) == "aGk=");
}

}  // namespace
}  // namespace jobpod::streaming
