// References, platforms, URLs, documents: the words of the image room, without any I/O.
#include <catch2/catch.hpp>

#include "image/digest.hpp"
#include "image/manifest.hpp"
#include "image/platform.hpp"
#include "image/reference.hpp"
#include "image/registry_auth.hpp"
#include "image/url.hpp"

namespace jobpod {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST_CASE("references are normalised the Docker way") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"busybox", "docker.io/library/busybox:latest"},
      {"busybox:1.36", "docker.io/library/busybox:1.36"},
      {"team/app", "docker.io/team/app:latest"},
      {"docker.io/busybox", "docker.io/library/busybox:latest"},
      {"index.docker.io/busybox", "docker.io/library/busybox:latest"},
      {"localhost/app", "localhost/app:latest"},
      {"localhost:5000/app", "localhost:5000/app:latest"},
      {"127.0.0.1:5000/a/b__c/d-e:v1.0_x", "127.0.0.1:5000/a/b__c/d-e:v1.0_x"},
      {"[::1]:5000/app:1", "[::1]:5000/app:1"},
      {"busybox@" + kDigest, "docker.io/library/busybox@" + kDigest},
      {"quay.io/x/y:tag@" + kDigest, "quay.io/x/y@" + kDigest},
  };
  for (const auto& [text, full] : cases) {
    const auto reference = ParseReference(text);
    INFO(text << " " << Message(reference.status()));
    REQUIRE(reference.ok());
    CHECK(reference->Full() == full);
  }
}

TEST_CASE("what is no reference is refused") {
  for (const std::string text :
       {"", ":", "Busy", "busybox:", "a//b", "/a", "a/", "busybox:la test", "busybox@sha256:12", "a..b",
        "a/../b", "-a", "host:port/app", "a___b", "x.y:99999999/app", "a\nb", "busybox:\n", "[::1/app"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(ParseReference(text).status()));
  }
  CHECK(absl::IsInvalidArgument(ParseReference(std::string(300, 'a')).status()));
}

TEST_CASE("loopback registries are told from others") {
  for (const char* host : {"localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:80", "[::1]:5000"})
    CHECK(IsLoopbackHost(host));
  for (const char* host : {"127.evil.example", "localhost.example", "10.0.0.1:5000", "docker.io"})
    CHECK_FALSE(IsLoopbackHost(host));
}

TEST_CASE("the platform that suits best is chosen") {
  const std::vector<Platform> offers = {{"linux", "arm64", "v8", ""}, {"linux", "amd64", "v3", ""},
                                        {"linux", "amd64", "", ""},   {"linux", "arm", "v6", ""},
                                        {"linux", "arm", "v7", ""},   {"unknown", "unknown", "", ""}};
  CHECK(ChoosePlatform({"linux", "amd64", "", ""}, offers, 3) == 2u);
  CHECK(ChoosePlatform({"linux", "amd64", "v3", ""}, offers, 1) == 1u);
  CHECK(ChoosePlatform({"linux", "arm64", "", ""}, offers, 1) == 0u);
  CHECK(ChoosePlatform({"linux", "arm", "", ""}, offers, 1) == 4u);
  CHECK(ChoosePlatform({"linux", "arm", "v6", ""}, offers, 1) == 3u);
  CHECK_FALSE(ChoosePlatform({"windows", "amd64", "", ""}, offers, 1));
  CHECK_FALSE(ChoosePlatform({"linux", "amd64", "", ""}, {{"linux", "amd64", "v4", ""}}, 3));
  const std::vector<Platform> windows = {{"windows", "amd64", "", "10.0.17763.1"},
                                         {"windows", "amd64", "", "10.0.20348.9"},
                                         {"windows", "amd64", "", "10.0.26100.2"}};
  CHECK(ChoosePlatform({"windows", "amd64", "", "10.0.20349.1"}, windows, 1) == 1u);
  CHECK(ChoosePlatform({"windows", "amd64", "", ""}, windows, 1) == 2u);
  CHECK(ParsePlatform("linux/arm/v7").value().variant == "v7");
  CHECK(absl::IsInvalidArgument(ParsePlatform("linux").status()));
}

TEST_CASE("redirects are resolved without touching a byte") {
  const Url base = ParseUrl("https://r.example:8443/v2/a/blobs/x?y=1").value();
  CHECK(ResolveUrl(base, "https://s3.example/k%2Fv?sig=a%2Bb+c").value().target == "/k%2Fv?sig=a%2Bb+c");
  CHECK(ResolveUrl(base, "/other").value().Authority() == "r.example:8443");
  CHECK(ResolveUrl(base, "z?u=http://q/").value().target == "/v2/a/blobs/z?u=http://q/");
  CHECK(ResolveUrl(base, "//h/p").value().Origin() == "https://h:443");
  CHECK(ParseUrl("http://[::1]:80/x").value().Authority() == "[::1]");
  for (const char* bad :
       {"ftp://x/", "http://a b/", "http://u:p@h/", "http://h:x/", "http:///p", "h/p", "http://h/\r\nA: b"})
    CHECK_FALSE(ParseUrl(bad).ok());
}

TEST_CASE("broken and foreign manifests are refused with the right kind") {
  const std::string layer = R"({"mediaType":"a/tar","digest":")" + kDigest + R"(","size":1})";
  CHECK(ParseManifest(R"({"config":)" + layer + R"(,"layers":[)" + layer + "]}", "")
            .value()
            .manifest.layers.size() == 1);
  CHECK(absl::IsFailedPrecondition(ParseManifest(R"({"schemaVersion":1,"fsLayers":[]})", "").status()));
  CHECK(absl::IsFailedPrecondition(ParseManifest("{}", "").status()));
  CHECK(absl::IsInvalidArgument(ParseManifest(R"({"manifests":[],"layers":[]})", "").status()));
  CHECK(absl::IsInvalidArgument(ParseManifest("[", "").status()));
  CHECK(absl::IsInvalidArgument(ParseManifest(R"({"layers":{},"config":)" + layer + "}", "").status()));
  CHECK(absl::IsInvalidArgument(
      ParseManifest(R"({"layers":[],"config":{"digest":"sha256:../..","size":1}})", "").status()));
  CHECK(absl::IsInvalidArgument(
      ParseManifest(R"({"layers":[],"config":{"digest":")" + kDigest + R"(","size":-1}})", "").status()));
  CHECK_FALSE(ParseManifest(std::string(3'000'000, '['), "").ok());
}

TEST_CASE("configs of the wrong shape are read defensively") {
  CHECK_FALSE(ParseConfig("{}").ok());
  CHECK_FALSE(ParseConfig(R"({"rootfs":{"diff_ids":["sha256:1"]}})").ok());
  CHECK_FALSE(ParseConfig("{\"config\":{\"Cmd\":[\"a\\u0000b\"]},\"rootfs\":{\"diff_ids\":[]}}").ok());
  const auto odd =
      ParseConfig(R"({"config":{"Cmd":7,"Env":["A=1",2],"Labels":{"a":"b","c":1},"Volumes":{"/v":{}},
      "User":null},"os":3,"rootfs":{"diff_ids":[]}})");
  REQUIRE(odd.ok());
  CHECK(odd->config.environment == std::vector<std::string>{"A=1"});
  CHECK(odd->config.labels == std::map<std::string, std::string>{{"a", "b"}});
  CHECK(odd->config.volumes == std::vector<std::string>{"/v"});
}

TEST_CASE("challenges and credentials are read") {
  const Challenge challenge =
      ParseChallenge(R"(Bearer realm="https://a/t?x=1",service="s, \"q\"",scope=repo:a:pull)");
  CHECK(challenge.scheme == "bearer");
  CHECK(challenge.realm == "https://a/t?x=1");
  CHECK(challenge.service == "s, \"q\"");
  CHECK(challenge.scope == "repo:a:pull");
  CHECK(ParseChallenge("").scheme.empty());
  RegistryAuth auth;
  auth.auth = "dXNlcjpwYTpzcw==";
  CHECK(CredentialsFor(auth, "quay.io").username == "user");
  CHECK(CredentialsFor(auth, "quay.io").password == "pa:ss");
  auth.server_address = "https://index.docker.io/v1/";
  CHECK(CredentialsFor(auth, "docker.io").any());
  CHECK_FALSE(CredentialsFor(auth, "quay.io").any());
  CHECK_FALSE(CredentialsFor(std::nullopt, "quay.io").any());
}

}  // namespace
}  // namespace jobpod
