#include "base/channel_linux.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "base/channel_pair.hpp"
#include "base/file_linux.hpp"
#include "base/pipe_linux.hpp"

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

struct Ignored {
  Ignored() : before(signal(SIGPIPE, SIG_IGN)) {}
  ~Ignored() { signal(SIGPIPE, before); }
  void (*before)(int);
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
  Ignored pipe_signal;
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
  Pipe pipe = MakePipe(1 << 20).value();
  PipeChannel channel(io.get_executor(), std::move(pipe.read));
  const std::string first(100'000, 'a');
  REQUIRE(WriteAll(pipe.write.get(), first, "pipe").ok());
  Reader reader;
  channel.EndWithin(1ms);
  SECTION("with a read under way") {
    reader.Go(channel);
    io.run();
  }
  SECTION("read only afterwards, while the other side goes on writing") {
    io.run();
    io.restart();
    REQUIRE(WriteAll(pipe.write.get(), "more", "pipe").ok());
    reader.Go(channel);
    io.run();
  }
  CHECK(reader.text == first);
  CHECK(reader.error == boost::asio::error::eof);
}

}  // namespace jobpod
