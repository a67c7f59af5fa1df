#include "base/channel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "base/channel_pair.hpp"
#include "base/channel_test_host.hpp"

namespace jobpod {
namespace {

using boost::asio::buffer;
using boost::system::error_code;
using namespace std::chrono_literals;

// Reads until an error, which is the result.
struct Reader {
  void Go(Channel& channel) {
    channel.Read(buffer(piece), [this, &channel](const error_code& failed, size_t bytes) {
      text.append(piece, bytes);
      if (failed) {
        error = failed;
      } else {
        Go(channel);
      }
    });
  }
  char piece[512];
  std::string text;
  error_code error;
};

}  // namespace

TEST_CASE("A channel carries more than a pipe holds, and its end") {
  boost::asio::io_context io;
  ChannelPair pair = MakeChannelPair(io.get_executor()).value();
  const std::string sent(1 << 20, 'y');
  bool inside = true;
  pair.writer->Write(buffer(sent), [&](const error_code& failed, size_t bytes) {
    CHECK_FALSE(inside);
    CHECK_FALSE(failed);
    CHECK(bytes == sent.size());
    pair.writer->Close();
    pair.writer->Close();
  });
  inside = false;
  Reader reader;
  reader.Go(*pair.reader);
  io.run();
  CHECK(reader.text == sent);
  CHECK(reader.error == boost::asio::error::eof);
}

TEST_CASE("A channel says when nobody reads it, and ends what is under way when it is destroyed") {
  IgnorePipeSignal();
  boost::asio::io_context io;
  ChannelPair pair = MakeChannelPair(io.get_executor()).value();
  error_code read, written;
  char byte = 0;
  pair.reader->Read(buffer(&byte, 1), [&](const error_code& failed, size_t) { read = failed; });
  pair.reader.reset();
  pair.writer->Write(buffer("x", 1), [&](const error_code& failed, size_t) { written = failed; });
  io.run();
  CHECK(read == boost::asio::error::operation_aborted);
  CHECK(written == boost::asio::error::broken_pipe);
}

TEST_CASE("A channel destroyed before its owner is told of a success tells of the end instead") {
  boost::asio::io_context io;
  ChannelPair pair = MakeChannelPair(io.get_executor()).value();
  error_code read, written;
  char byte = 0;
  pair.writer->Write(buffer("x", 1), [&](const error_code& failed, size_t) { written = failed; });
  pair.reader->Read(buffer(&byte, 1), [&](const error_code& failed, size_t) { read = failed; });
  pair = {};  // both have been carried out, neither has been told
  io.run();
  CHECK(read == boost::asio::error::operation_aborted);
  CHECK(written == boost::asio::error::operation_aborted);
}

TEST_CASE("A channel that is to end comes to an end although the other side is kept open") {
  boost::asio::io_context io;
  ChannelPair pair = MakeChannelPair(io.get_executor()).value();
  const auto ignore = [](const error_code&, size_t) {};
  const std::string first(50'000, 'a'), more = "more";
  pair.writer->Write(buffer(first), ignore);
  io.run();
  io.restart();
  Reader reader;
  pair.reader->EndWithin(1ms);
  SECTION("with a read under way") {
    reader.Go(*pair.reader);
    io.run();
  }
  SECTION("read only afterwards, while the other side goes on writing") {
    io.run();
    io.restart();
    pair.writer->Write(buffer(more), ignore);
    reader.Go(*pair.reader);
    io.run();
  }
  CHECK(reader.text == first);
  CHECK(reader.error == boost::asio::error::eof);
}

}  // namespace jobpod
