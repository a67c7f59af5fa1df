#include "image/layer_writer_windows.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"
#include "image/byte_stream.hpp"

namespace jobpod {
namespace {

class NoBytes final : public ByteStream {
  StatusOr<std::string_view> Next() override { return std::string_view(); }
};

TEST_CASE("a hard link is a copy where the file system has no links, and counts as one") {
  const TemporaryDirectory directory;
  REQUIRE(WriteFileAtomic(directory.path + "\\one", "content").ok());
  NoBytes nothing;
  TarReader reader(nothing, {});
  UnpackLimits limits;
  limits.max_bytes = 7;
  UnpackBudget budget(limits);
  StatusOr<Handle> root =
      OpenPath(directory.path, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  REQUIRE(root.ok());
  WindowsLayerWriter writer(*std::move(root), false, budget, [](HANDLE, HANDLE, std::wstring_view) {
    return Win32Status(ERROR_INVALID_FUNCTION, "link");
  });
  TarEntry link;
  link.type = '1';
  link.path = "two";
  link.link = "one";
  const Status written = writer.Write(link, reader);
  INFO(written.ToString());
  REQUIRE(written.ok());
  CHECK(*ReadFile(directory.path + "\\two") == "content");
  CHECK(writer.disk_bytes() == 7);
  link.path = "three";
  CHECK(absl::IsResourceExhausted(writer.Write(link, reader)));
  CHECK_FALSE(PathExists(directory.path + "\\three"));
}

}  // namespace
}  // namespace jobpod
