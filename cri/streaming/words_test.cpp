// The parts that need no connection: tokens, header blocks, frames, sizes, statuses, the choice of a
// protocol.
#include <zlib.h>

#include <catch2/catch.hpp>

#include "cri/streaming/spdy_parser.hpp"
#include "cri/streaming/status_json.hpp"
#include "cri/streaming/terminal_size.hpp"
#include "cri/streaming/test_deflater.hpp"
#include "cri/streaming/token.hpp"
#include "cri/streaming/upgrade.hpp"

namespace jobpod::streaming {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a token is good once, for its kind, for its time") {
  Deadline now{};
  Tickets tickets(10, 60s, [&] { return now; });
  const std::string token = tickets.Issue({.kind = Kind::kExec}).value();
  CHECK(token.size() == 64);
  CHECK_FALSE(tickets.Take(Kind::kAttach, token));
  CHECK(tickets.Take(Kind::kExec, token));
  CHECK_FALSE(tickets.Take(Kind::kExec, token));
  const std::string late = tickets.Issue({.kind = Kind::kExec}).value();
  now += 60s;
  CHECK_FALSE(tickets.Take(Kind::kExec, late));
}

TEST_CASE("tokens in flight are bounded, old ones make room") {
  Deadline now{};
  Tickets tickets(2, 60s, [&] { return now; });
  CHECK(tickets.Issue({}).ok());
  now += 30s;
  CHECK(tickets.Issue({}).ok());
  CHECK(tickets.Issue({}).status().code() == absl::StatusCode::kResourceExhausted);
  now += 30s;
  CHECK(tickets.Issue({}).ok());
  CHECK_FALSE(tickets.Issue({}).ok());
}

TEST_CASE("the dictionary is the protocol's") {
  const std::string& words = SpdyDictionary();
  CHECK(words.size() == 1423);
  CHECK(adler32(1, reinterpret_cast<const Bytef*>(words.data()), static_cast<uInt>(words.size())) ==
        0xe3c6a7c2);
}

TEST_CASE("header blocks of a connection are read in order, from a compressor and from our own writer") {
  Deflater deflater;
  HeaderWriter writer;
  HeaderReader compressed, own;
  for (const char* type : {"error", "stdin", "stdout"}) {
    const SpdyHeaders headers{{"streamtype", type}, {"requestid", "7"}};
    CHECK(compressed.Read(deflater.Block(Plain(headers))).value() == headers);
    CHECK(own.Read(writer.Write(headers)).value() == headers);
  }
  CHECK(own.Read(writer.Write({})).value().empty());
}

TEST_CASE("damaged header blocks and bombs are refused") {
  const auto read = [](std::string_view block) { return HeaderReader().Read(block).ok(); };
  CHECK_FALSE(read(""));
  CHECK_FALSE(read("garbage"));
  CHECK_FALSE(read(Deflater().Block("")));
  CHECK_FALSE(read(Deflater().Block(std::string("\0\0\0\1\0\0\0\4na", 10))));
  CHECK_FALSE(read(Deflater().Block(Plain({{"a", "b"}}) + "more")));
  CHECK_FALSE(read(Deflater().Block(std::string("\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 12))));
  const std::string bomb = Deflater().Block(Plain({{"a", std::string(20u << 20, 'x')}}));
  CHECK(bomb.size() < (64u << 10));
  CHECK_FALSE(read(bomb));
  CHECK(read(Deflater().Block(Plain({{"a", std::string(16000, 'x')}}))));
}

std::string Syn(uint32_t id, const std::string& block) {
  std::string payload, frame;
  AppendNumber(payload, id);
  payload.append(6, '\0');
  AppendControl(frame, FrameType::kSynStream, 0, payload + block);
  return frame;
}

// Whether `bytes`, in pieces of any size, are taken without an error.
bool Takes(const std::string& bytes, size_t piece) {
  SpdyParser parser;
  std::string kept;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    kept += bytes.substr(at, piece);
    std::string_view input = kept;
    for (;;) {
      const auto event = parser.Next(input);
      if (!event.ok()) return false;
      if (!*event) break;
    }
    kept.erase(0, kept.size() - input.size());
  }
  return true;
}

TEST_CASE("a client that breaks the rules of SPDY is told so, whatever the pieces") {
  std::string data, unknown, version, large, small, even, twice, good;
  AppendDataHead(data, 1, 0, 3);
  AppendControl(unknown, static_cast<FrameType>(77), 0, "1234");
  AppendControl(version, FrameType::kPing, 0, "1234");
  version[1] = 2;
  AppendControl(large, FrameType::kSettings, 0, std::string(SpdyParser::kLargestControl + 1, 'x'));
  AppendControl(small, FrameType::kPing, 0, "123");
  even = Syn(2, HeaderWriter().Write({}));
  HeaderWriter writer;
  twice = Syn(3, writer.Write({})) + Syn(1, writer.Write({}));
  good = Syn(1, HeaderWriter().Write({{"a", "b"}})) + data + "abc";
  AppendControl(good, FrameType::kSettings, 0, "1234");
  AppendControl(good, FrameType::kWindowUpdate, 0, "12345678");
  AppendGoAway(good, 0, GoAwayReason::kOk);
  for (const size_t piece : {1u, 7u, 100'000u}) {
    for (const std::string& bad : {data, unknown, version, large, small, even, twice})
      CHECK_FALSE(Takes(bad, piece));
    CHECK(Takes(good, piece));
  }
}

TEST_CASE("sizes come in any pieces, the last one wins, nonsense is passed over") {
  TerminalSizeReader reader;
  CHECK_FALSE(reader.Feed("{\"Width\":12"));
  const auto size = reader.Feed("0,\"Height\":40}\n{\"Width\":80,\"Height\":25}");
  REQUIRE(size);
  CHECK(size->width == 80);
  CHECK(size->height == 25);
  for (const char* nothing : {"{}", "{\"Width\":0,\"Height\":4}", "[1}", "{\"Width\":-1,\"Height\":9}",
                              "{\"Width\":70000,\"Height\":9}", "{\"Width\":\"9\",\"Height\":9}"}) {
    CHECK_FALSE(reader.Feed(nothing));
  }
  CHECK(reader.Feed("{\"Height\":3,\"Width\":4}")->width == 4);
  CHECK_FALSE(reader.Feed(std::string(5000, ' ')));
  CHECK_FALSE(reader.Feed("{\"Height\":3,\"Width\":4}"));
}

TEST_CASE("how a command ended is told in each form and understood again") {
  CHECK(FormatEnd(0, StatusForm::kText).empty());
  CHECK(FormatEnd(3, StatusForm::kText) == "command terminated with non-zero exit code: exit code 3");
  CHECK(FormatEnd(0, StatusForm::kJson) == R"({"metadata":{},"status":"Success"})");
  const std::string failure = FormatEnd(3, StatusForm::kJson);
  CHECK(failure.find(R"("causes":[{"message":"3","reason":"ExitCode"}])") != std::string::npos);
  for (const int32_t code : {0, 1, 137, 255})
    CHECK(ParseEnd(FormatEnd(code, StatusForm::kJson)).value() == code);
  CHECK(ParseEnd(FormatEnd(256, StatusForm::kJson)).value() == 1);
  CHECK(ParseEnd(FormatEnd(-1073741510, StatusForm::kJson)).value() == 0x3a);
  const auto why = ParseEnd(FormatEnd(absl::NotFoundError("no \xff such"), StatusForm::kJson)).status();
  CHECK(Message(why).find("Internal error occurred: no ") == 0);
  for (const char* bad :
       {"", "{", "[]", "{\"status\":1}", "{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\"}"})
    CHECK_FALSE(ParseEnd(bad).ok());
}

HttpRequest Asking(std::string_view upgrade, const std::vector<std::string>& protocols) {
  HttpRequest request(boost::beast::http::verb::get, "/", 11);
  request.set("Connection", "keep-alive, Upgrade");
  request.set("Upgrade", upgrade);
  const bool socket = upgrade == "websocket";
  if (socket) request.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  if (socket) request.set("Sec-WebSocket-Version", "13");
  for (const auto& protocol : protocols)
    request.insert(socket ? "Sec-WebSocket-Protocol" : "X-Stream-Protocol-Version", protocol);
  return request;
}

std::string Chosen(std::string_view upgrade, const std::vector<std::string>& protocols, Kind kind) {
  const auto result = Negotiate(Asking(upgrade, protocols), kind);
  if (const auto* refusal = std::get_if<HttpResponse>(&result)) return std::to_string(refusal->result_int());
  return std::get<Upgrade>(result).subprotocol;
}

TEST_CASE("the client's first subprotocol that is spoken here is chosen") {
  CHECK(Chosen("SPDY/3.1", {"v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io"}, Kind::kExec) ==
        "v4.channel.k8s.io");
  CHECK(Chosen("spdy/3.1", {"v9, v2.channel.k8s.io ,channel.k8s.io"}, Kind::kAttach) == "v2.channel.k8s.io");
  CHECK(Chosen("SPDY/3.1", {"portforward.k8s.io"}, Kind::kPortForward) == "portforward.k8s.io");
  CHECK(Chosen("SPDY/3.1", {"portforward.k8s.io"}, Kind::kExec) == "403");
  CHECK(Chosen("SPDY/3.1", {}, Kind::kExec) == "400");
  CHECK(Chosen("SPDY/3.1", {"", " , "}, Kind::kExec) == "400");
  CHECK(Chosen("h2c", {"v4.channel.k8s.io"}, Kind::kExec) == "400");
  CHECK(Chosen("websocket", {"v5.channel.k8s.io"}, Kind::kExec) == "v5.channel.k8s.io");
  CHECK(Chosen("websocket", {}, Kind::kExec).empty());
  CHECK(Chosen("websocket", {}, Kind::kPortForward) == "403");
  CHECK(Chosen("websocket", {"SPDY/3.1+portforward.k8s.io"}, Kind::kPortForward) ==
        "SPDY/3.1+portforward.k8s.io");
}

TEST_CASE("paths are a kind and a token") {
  CHECK(ParseTarget("/exec/0123abcd")->token == "0123abcd");
  CHECK(ParseTarget("/portforward/00?port=8080")->kind == Kind::kPortForward);
  for (const char* bad :
       {"", "/", "/exec", "/exec/", "/exec/../x", "/other/00", "exec/00", "/exec/00/00", "/exec/0G"})
    CHECK_FALSE(ParseTarget(bad));
}

}  // namespace
}  // namespace jobpod::streaming
