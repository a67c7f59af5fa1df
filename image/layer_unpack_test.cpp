#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "image/layer_test_tools.hpp"
#include "image/layer_unpack.hpp"
#include "image/digest.hpp"

namespace jobpod::test {
namespace {

struct stat Look(const std::string& path) {
  struct stat info {};
  INFO(path);
  REQUIRE(lstat(path.c_str(), &info) == 0);
  return info;
}

TEST_CASE("a plain, a gzip and a zstd layer make the same tree and the right digests") {
  std::string tar = Tar({{.name = "etc/", .type = '5', .mode = 0755},
                         {.name = "etc/hello", .content = std::string(3'000'000, 'x') + "end"},
                         {.name = "etc/empty"}});
  for (const std::string& blob : {tar, Gzip(tar), Zstd(tar), Gzip(tar, 0)}) {
    TemporaryDirectory directory;
    StatusOr<UnpackResult> result = Unpack(blob, directory.path());
    REQUIRE(result.status() == absl::OkStatus());
    CHECK(result->diff_id == DigestOf(tar));
    CHECK(result->blob_digest == DigestOf(blob));
    CHECK(result->disk_bytes == 3'000'003);
    CHECK(result->inodes == 3);
    CHECK(ReadFile(directory / "etc/hello").value() == std::string(3'000'000, 'x') + "end");
    CHECK(Look(directory / "etc/empty").st_size == 0);
  }
}

TEST_CASE("owners, modes with setuid, times, xattrs, links and pipes are kept") {
  std::string caps("\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  std::string tar = Tar({{.name = "d/", .type = '5', .mode = 01555, .uid = 7, .gid = 8, .mtime = 1234},
                         {.name = "d/file",
                          .content = "abc",
                          .mode = 06755,
                          .uid = 1000,
                          .gid = 1001,
                          .pax = {{"mtime", "1500000000.25"},
                                  {"SCHILY.xattr.user.colour", "blue"},
                                  {"SCHILY.xattr.trusted.overlay.redirect", "/"},
                                  {"SCHILY.xattr.security.capability", caps}}},
                         {.name = "d/hard", .type = '1', .link = "d/file"},
                         {.name = "d/soft", .type = '2', .link = "/no/where/../at all", .uid = 5},
                         {.name = "d/pipe", .type = '6', .mode = 0620}});
  TemporaryDirectory directory;
  StatusOr<UnpackResult> result = Unpack(tar, directory.path());
  REQUIRE(result.status() == absl::OkStatus());
  CHECK(result->inodes == 4);
  struct stat file = Look(directory / "d/file");
  CHECK((file.st_mode & 07777) == 06755);
  CHECK(file.st_uid == 1000);
  CHECK(file.st_gid == 1001);
  CHECK(file.st_mtim.tv_sec == 1500000000);
  CHECK(file.st_mtim.tv_nsec == 250000000);
  CHECK(Look(directory / "d/hard").st_ino == file.st_ino);
  CHECK(std::filesystem::read_symlink(directory / "d/soft") == "/no/where/../at all");
  CHECK(Look(directory / "d/soft").st_uid == 5);
  CHECK(S_ISFIFO(Look(directory / "d/pipe").st_mode));
  struct stat d = Look(directory / "d");
  CHECK((d.st_mode & 07777) == 01555);
  CHECK(d.st_uid == 7);
  CHECK(d.st_mtim.tv_sec == 1234);
  char value[64];
  CHECK(getxattr((directory / "d/file").c_str(), "user.colour", value, sizeof value) == 4);
  CHECK(getxattr((directory / "d/file").c_str(), "security.capability", value, sizeof value) == 20);
  CHECK(getxattr((directory / "d/file").c_str(), "trusted.overlay.redirect", value, sizeof value) < 0);
}

TEST_CASE("a directory keeps its time when files come into it later") {
  std::string tar = Tar({{.name = "a/", .type = '5', .mode = 0755, .mtime = 100},
                         {.name = "b/", .type = '5', .mode = 0755, .mtime = 200},
                         {.name = "a/x", .content = "1"},
                         {.name = "b/x", .content = "1"},
                         {.name = "a/c/", .type = '5', .mode = 0755, .mtime = 300},
                         {.name = "a/c/x", .content = "1"},
                         {.name = "./", .type = '5', .mode = 0711, .mtime = 400}});
  TemporaryDirectory directory;
  REQUIRE(Unpack(tar, directory.path()).status() == absl::OkStatus());
  CHECK(Look(directory / "a").st_mtim.tv_sec == 100);
  CHECK(Look(directory / "b").st_mtim.tv_sec == 200);
  CHECK(Look(directory / "a/c").st_mtim.tv_sec == 300);
  CHECK(Look(directory.path()).st_mtim.tv_sec == 400);
  CHECK((Look(directory.path()).st_mode & 07777) == 0711);
}

// A tree with many real files, long names, hard links, a pipe and an xattr.
void MakeRealTree(const std::string& at) {
  std::string deep = at + "/" + std::string(120, 'p') + "/" + std::string(120, 'q');
  REQUIRE(Shell("mkdir -p " + deep + " && cp -a /usr/share/doc/a* " + at) == 0);
  REQUIRE(Shell("cd " + deep + " && echo x > file && ln file hard && mkfifo pipe && ln -s ../none soft") ==
          0);
  REQUIRE(Shell("cd " + deep + " && touch " + std::string(200, 'n')) == 0);
  REQUIRE(setxattr((deep + "/file").c_str(), "user.k", "v", 1, 0) == 0);
}

TEST_CASE("a tree packed by GNU tar comes out the same") {
  TemporaryDirectory work;
  MakeRealTree(work / "from");
  for (std::string format : {"gnu", "posix --xattrs --pax-option=delete=atime,delete=ctime"}) {
    std::string pack = "tar --sort=name --format=" + format + " -C " + work.path();
    REQUIRE(Shell("mkdir " + work / "to") == 0);
    REQUIRE(Shell(pack + "/from -cf " + work / "1.tar" + " .") == 0);
    StatusOr<UnpackResult> result = Unpack(ReadFile(work / "1.tar", 1u << 30).value(), work / "to");
    REQUIRE(result.status() == absl::OkStatus());
    // Contents, owners, modes, times and links agree when a second archive is the first one again.
    REQUIRE(Shell(pack + "/to -cf " + work / "2.tar" + " .") == 0);
    CHECK(Shell("cmp " + work / "1.tar" + " " + work / "2.tar") == 0);
    REQUIRE(RemoveTree(work / "to") == absl::OkStatus());
  }
}

}  // namespace
}  // namespace jobpod::test
