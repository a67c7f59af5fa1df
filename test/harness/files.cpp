#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/file.hpp"
#include "base/id.hpp"
#include "test/harness/process.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;
using boost::asio::ip::tcp;

tcp::endpoint Loopback(uint16_t port) {
  return {boost::asio::ip::address_v4::loopback(), port};
}

}  // namespace

TemporaryDirectory::TemporaryDirectory()
    : path_((fs::temp_directory_path() / ("jobpod-test." + NewId().substr(0, 6))).string()) {
  std::error_code error;
  if (!fs::create_directory(path_, error)) SetUpFailed("no temporary directory " + path_);
  fs::permissions(path_, fs::perms::owner_all, error);
}

TemporaryDirectory::~TemporaryDirectory() {
  (void)RemoveTree(path_);
}

std::string TemporaryDirectory::operator/(const std::string& name) const {
  return (fs::path(path_) / name).make_preferred().string();
}

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Spill(const std::string& path, const std::string& content, unsigned mode) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  std::error_code ignored;
  fs::permissions(path, fs::perms(mode), ignored);
}

uint16_t FreePort() {
  boost::asio::io_context io(1);
  return tcp::acceptor(io, Loopback(0), false).local_endpoint().port();
}

bool PortAnswers(uint16_t port) {
  boost::asio::io_context io(1);
  tcp::socket client(io);
  boost::system::error_code error;
  client.connect(Loopback(port), error);
  return !error;
}

}  // namespace jobpod::test
