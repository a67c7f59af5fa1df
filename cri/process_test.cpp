#include "cri/process.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"

namespace jobpod {
namespace {

TEST_CASE("words for a stream that takes none are no failure") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/file";
  REQUIRE(WriteFileAtomic(path, "x").ok());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(path.c_str(), "r"), std::fclose);
  REQUIRE(stream);
  CHECK_NOTHROW(Say(stream.get(), "words\n"));
  CHECK(std::ferror(stream.get()) != 0);
}

}  // namespace
}  // namespace jobpod
