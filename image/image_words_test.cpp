// References, platforms, URLs, documents: the words of the image room, without any I/O.
#include <catch2/catch.hpp>

#include "image/digest.hpp"
#include "image/manifest.hpp"
#include "image/platform.hpp"
#include "image/reference.hpp"
#include "image/proxy.hpp"
#include "image/registry_auth.hpp"
#include "image/retry.hpp"
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
  CHECK(ParsePlatform("windows(10.0.17763)/amd64").value().os_version == "10.0.17763");
  CHECK(ParsePlatform("windows(10.0.17763)/amd64").value().Text() == "windows(10.0.17763)/amd64");
  CHECK(ChoosePlatform(ParsePlatform("windows(10.0.17000)/amd64").value(), windows, 1) == 0u);
  for (const char* bad : {"linux", "linux/", "/amd64", "linux/arm/v7/x", "windows(10.0.17763/amd64", "windows()/amd64",
                          "windows(new)/amd64", "windows)/amd64"})
    CHECK(absl::IsInvalidArgument(ParsePlatform(bad).status()));
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
  CHECK(ParseAuth(auth)->username == "user");
  CHECK(ParseAuth(auth)->password == "pa:ss");
  CHECK(ParseAuth(auth)->server.empty());
  auth.server_address = "https://index.docker.io/v1/";
  CHECK(ParseAuth(auth)->server == "docker.io");
  CHECK_FALSE(ParseAuth(std::nullopt)->any());
  for (const char* text : {"no base64!", "dXNlcg==", "===="}) {
    auth.auth = text;
    INFO(text);
    CHECK(absl::IsInvalidArgument(ParseAuth(auth).status()));
  }
  auth = {.username = "<token>", .password = "refresh", .auth = "", .server_address = "", .identity_token = "",
          .registry_token = ""};
  CHECK(ParseAuth(auth)->identity_token == "refresh");
  CHECK(ParseAuth(auth)->username.empty());
}

TEST_CASE("Retry-After is read as seconds and as a date") {
  using std::chrono::seconds;
  CHECK(ParseRetryAfter("7", 0) == seconds(7));
  CHECK(ParseRetryAfter("Wed, 21 Oct 2015 07:28:00 GMT", 1445412480 - 90) == seconds(90));
  CHECK(ParseRetryAfter("Wed, 21 Oct 2015 07:28:00 GMT", 1445412480 + 90) == seconds(0));
  for (const char* text : {"", "-4", "soon", "7 apples", "Wed, 99 Oct 2015 07:28:00 GMT", "99999999999999999999"})
    CHECK(ParseRetryAfter(text, 0) == seconds(0));
  const RetryPolicy policy;
  for (int attempt = 1; attempt < 40; ++attempt) {
    CHECK(BackOff(policy, attempt) <= policy.max_delay);
    CHECK(BackOff(policy, attempt) >= policy.first_delay / 2);
  }
}

std::string ProxyOf(const ProxySettings& settings, const std::string& url) {
  const auto proxy = ProxyFor(settings, ParseUrl(url).value());
  if (!proxy.ok()) return std::string(Message(proxy.status()));
  return *proxy ? (*proxy)->url.Origin() + " " + (*proxy)->authorization : "direct";
}

TEST_CASE("proxies are chosen as Go's programs choose them") {
  const ProxySettings settings{"http://us%40er:p%3Ass@plain:3128", "secure.example",
                               "internal.example, .only-below.example,10.0.0.0/8 ,quay.io:443,fd00::/8,192.0.2.7"};
  CHECK(ProxyOf(settings, "http://docker.io") == "http://plain:3128 Basic dXNAZXI6cDpzcw==");
  CHECK(ProxyOf(settings, "https://docker.io") == "http://secure.example:80 ");
  for (const char* direct :
       {"https://localhost:5000", "http://127.0.0.9", "http://[::1]:80", "https://internal.example",
        "https://a.INTERNAL.example", "https://a.only-below.example", "http://10.1.2.3:5000", "https://quay.io",
        "https://[fd12::7]", "http://192.0.2.7:99"}) {
    INFO(direct);
    CHECK(ProxyOf(settings, direct) == "direct");
  }
  for (const char* through : {"https://not-internal.example", "https://only-below.example", "http://11.1.2.3",
                              "https://quay.io:5000", "https://[fe00::1]", "https://10.example"}) {
    INFO(through);
    CHECK(ProxyOf(settings, through) != "direct");
  }
  CHECK(ProxyOf({"http://p", "", "*"}, "http://docker.io") == "direct");
  CHECK(ProxyOf({"http://p", "", ""}, "https://docker.io") == "direct");
  for (const char* bad : {"socks5://me:secret@p:1", "https://me:secret@p", "http://me:secret@:x"}) {
    const std::string why = ProxyOf({bad, "", ""}, "http://docker.io");
    CHECK(why.find("HTTP_PROXY") != std::string::npos);
    CHECK(why.find("secret") == std::string::npos);
  }
}

}  // namespace
}  // namespace jobpod
