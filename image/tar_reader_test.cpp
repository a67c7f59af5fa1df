#include "image/tar_reader.hpp"

#include <catch2/catch.hpp>

#include "image/layer_test_tools.hpp"

namespace jobpod::test {
namespace {

using Catch::Matchers::Contains;

// A string as pieces of a given size.
class Pieces final : public ByteStream {
 public:
  Pieces(std::string bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  StatusOr<std::string_view> Next() override {
    std::string_view next = std::string_view(bytes_).substr(at_, piece_);
    at_ += next.size();
    return next;
  }

 private:
  std::string bytes_;
  size_t piece_, at_ = 0;
};

struct Read {
  std::vector<TarEntry> entries;
  std::vector<std::string> contents;
  Status status;
};

Read ReadTar(const std::string& tar, size_t piece = 1u << 20, const UnpackLimits& limits = {}) {
  Pieces pieces(tar, piece);
  TarReader reader(pieces, limits);
  Read read;
  for (;;) {
    TarEntry entry;
    StatusOr<bool> more = reader.Next(entry);
    read.status = more.status();
    if (!more.ok() || !*more) return read;
    read.entries.push_back(entry);
    read.contents.emplace_back();
    for (;;) {
      StatusOr<std::string_view> part = reader.Content();
      read.status = part.status();
      if (!part.ok()) return read;
      if (part->empty()) break;
      read.contents.back().append(*part);
    }
  }
}

void CheckInvalid(const std::string& tar, const std::string& words) {
  Status status = ReadTar(tar).status;
  INFO(status.ToString());
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(Message(status)), Contains(words));
}

std::string GnuLong(char type, const std::string& text) {
  return TarBlocks({.name = "././@LongLink", .type = type, .content = text + std::string(1, '\0')});
}

TEST_CASE("entries are the same whatever pieces the stream comes in") {
  std::string tar = Tar({{.name = "a", .content = std::string(1500, 'a')},
                         {.name = "x", .content = "b", .pax = {{"path", "dir/ä"}, {"mtime", "-1.5"}}},
                         {.name = "c/", .type = '5'}});
  for (size_t piece : {1u, 7u, 511u, 512u, 513u, 100000u}) {
    Read read = ReadTar(tar, piece);
    REQUIRE(read.status == absl::OkStatus());
    REQUIRE(read.entries.size() == 3);
    CHECK(read.contents[0] == std::string(1500, 'a'));
    CHECK(read.entries[1].path == "dir/ä");
    CHECK(read.entries[1].mtime == -2);
    CHECK(read.entries[1].mtime_nanos == 500'000'000);
    CHECK(read.contents[1] == "b");
    CHECK(read.entries[2].type == '5');
  }
}

TEST_CASE("pax records replace what the header says") {
  std::string big(300, 'n');
  Read read =
      ReadTar(Tar({{.name = "x",
                    .type = '2',
                    .link = "y",
                    .pax = {{"path", big}, {"linkpath", big + "l"}, {"uid", "70000000"}, {"gid", "5"}}}}));
  REQUIRE(read.entries.size() == 1);
  CHECK(read.entries[0].path == big);
  CHECK(read.entries[0].link == big + "l");
  CHECK(read.entries[0].uid == 70'000'000);
  CHECK(read.entries[0].gid == 5);
}

TEST_CASE("a pax size counts, not the header's") {
  std::string pax = TarBlocks({.name = "p", .type = 'x', .content = PaxRecord("size", "600")});
  Read read = ReadTar(pax + TarHeaderBlock({.name = "f"}, 0) + std::string(1024, 'z') + Tar({{.name = "g"}}));
  REQUIRE(read.status == absl::OkStatus());
  REQUIRE(read.entries.size() == 2);
  CHECK(read.contents[0] == std::string(600, 'z'));
}

TEST_CASE("global pax headers hold for all that follow, until taken back") {
  std::string global =
      TarBlocks({.name = "g", .type = 'g', .content = PaxRecord("uid", "42") + PaxRecord("comment", "c")});
  std::string back = TarBlocks({.name = "g", .type = 'g', .content = PaxRecord("uid", "")});
  Read read = ReadTar(TarBlocks({.name = "a"}) + global + TarBlocks({.name = "b"}) +
                      TarBlocks({.name = "c", .pax = {{"uid", "7"}}}) +
                      TarBlocks({.name = "d", .pax = {{"uid", ""}}}) + back + TarBlocks({.name = "e"}));
  REQUIRE(read.entries.size() == 5);
  std::vector<uint64_t> owners;
  for (const TarEntry& entry : read.entries) owners.push_back(entry.uid);
  CHECK(owners == std::vector<uint64_t>{0, 42, 7, 0, 0});
}

TEST_CASE("GNU long names and links are read") {
  std::string name(1000, 'n'), link(2000, 'l');
  Read read =
      ReadTar(GnuLong('K', link) + GnuLong('L', name) + Tar({{.name = "cut", .type = '2', .link = "cut"}}));
  REQUIRE(read.entries.size() == 1);
  CHECK(read.entries[0].path == name);
  CHECK(read.entries[0].link == link);
}

TEST_CASE("base-256 numbers are read and bounded") {
  std::string tar = Tar({{.name = "x"}});
  tar.replace(108, 8, std::string("\x80\0\0\0\x01\0\0\0", 8));
  tar.replace(136, 12, std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12));
  FixChecksum(tar);
  Read read = ReadTar(tar);
  REQUIRE(read.entries.size() == 1);
  CHECK(read.entries[0].uid == 1u << 24);
  CHECK(read.entries[0].mtime == -2);
  tar.replace(124, 12, std::string("\x80\0\0\x01\0\0\0\0\0\0\0\0", 12));
  FixChecksum(tar);
  CheckInvalid(tar, "size");
  tar.replace(124, 12, std::string(12, '\xff'));
  FixChecksum(tar);
  CheckInvalid(tar, "negative");
}

TEST_CASE("the ustar prefix is put before the name, GNU's other use of it is not") {
  std::string tar = Tar({{.name = "name"}});
  tar.replace(345, 3, "a/b");
  FixChecksum(tar);
  CHECK(ReadTar(tar).entries.at(0).path == "a/b/name");
  tar.replace(257, 8, std::string("ustar  \0", 8));
  FixChecksum(tar);
  CHECK(ReadTar(tar).entries.at(0).path == "name");
}

TEST_CASE("a name that ends in a slash is a directory in old archives") {
  Read read = ReadTar(Tar({{.name = "old/", .type = '\0'}, {.name = "f", .type = '\0', .content = "1"}}));
  REQUIRE(read.entries.size() == 2);
  CHECK(read.entries[0].type == '5');
  CHECK(read.entries[1].type == '0');
}

TEST_CASE("links and directories carry no content whatever they announce") {
  std::string tar = TarHeaderBlock({.name = "l", .type = '1', .link = "x"}, 5000) + Tar({{.name = "f"}});
  Read read = ReadTar(tar);
  REQUIRE(read.entries.size() == 2);
  CHECK(read.entries[0].size == 0);
}

TEST_CASE("an archive ends with two empty blocks, with one or with none") {
  std::string body = TarBlocks({.name = "a", .content = "1"});
  for (size_t blocks : {0u, 1u, 2u, 20u}) {
    Read read = ReadTar(body + std::string(blocks * 512, '\0'));
    CHECK(read.status == absl::OkStatus());
    CHECK(read.entries.size() == 1);
  }
  CHECK(ReadTar(body.substr(0, 513)).status == absl::OkStatus());
  CHECK(ReadTar("").status == absl::OkStatus());
  CheckInvalid(body + std::string(512, '\0') + body, "offset 1024");
}

TEST_CASE("a changed header block is refused at its offset") {
  std::string body = TarBlocks({.name = "a", .content = "1"});
  for (size_t at : {0u, 100u, 156u, 300u, 511u}) {
    std::string second = TarBlocks({.name = "b"});
    second[at] ^= 1;
    CheckInvalid(body + second, "offset 1024");
    CheckInvalid(body + second, "checksum");
  }
}

TEST_CASE("malformed numbers and pax records are refused") {
  std::string tar = Tar({{.name = "x"}});
  tar.replace(100, 7, "0000999");
  FixChecksum(tar);
  CheckInvalid(tar, "mode");
  for (std::string record : {"x", "5", "0 a=b\n", "99 a=b\n", "5 a=b\n", "7 a=bc", "5 a\n\n", " 7 a=b\n",
                             "-7 a=b\n", "18446744073709551615 a=b\n", "6 =bb\n", "8 a=b\n\n"}) {
    INFO(record);
    CheckInvalid(Tar({{.name = "p", .type = 'x', .content = record}, {.name = "f"}}),
                 "pax header is malformed");
  }
  for (auto [key, value] : std::map<std::string, std::string>{
           {"size", "-1"}, {"uid", "1x"}, {"gid", "99999999999999999999999"}, {"mtime", "1.x"}}) {
    CheckInvalid(Tar({{.name = "f", .pax = {{key, value}}}}), "malformed");
  }
  CheckInvalid(Tar({{.name = "f", .pax = {{std::string("SCHILY.xattr.a\0b", 16), "v"}}}}), "NUL");
}

TEST_CASE("extension headers are bounded") {
  std::string large = TarHeaderBlock({.name = "p", .type = 'x'}, 2u << 20);
  CHECK(absl::IsResourceExhausted(ReadTar(large + std::string(3u << 20, 'x')).status));
  std::string many;
  for (int header = 0; header < 10; ++header) {
    std::string key = "SCHILY.xattr.user." + std::to_string(header);
    many += TarBlocks({.name = "p", .type = 'x', .content = PaxRecord(key, std::string(200'000, 'v'))});
  }
  CHECK(absl::IsResourceExhausted(ReadTar(many + Tar({{.name = "f"}})).status));
  std::string global =
      TarBlocks({.name = "g", .type = 'g', .content = PaxRecord("path", std::string(70'000, 'v'))});
  CHECK(absl::IsResourceExhausted(ReadTar(global).status));
}

}  // namespace
}  // namespace jobpod::test
