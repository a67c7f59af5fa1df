#include "image/registry_config.hpp"

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod {
namespace {

using test::TemporaryDirectory;

void WriteHosts(const TemporaryDirectory& root, const std::string& host, const std::string& text) {
  REQUIRE(MakeDirectories(root / host).ok());
  REQUIRE(WriteFileAtomic(root / (host + "/hosts.toml"), text).ok());
}

TEST_CASE("without a file the registry itself is asked") {
  const auto hub = RegistryHosts("", "docker.io").value();
  REQUIRE(hub.size() == 1);
  CHECK(hub[0].base.Origin() == "https://registry-1.docker.io:443");
  CHECK(hub[0].base.target == "/v2");
  CHECK(RegistryHosts("", "127.0.0.1:5000").value()[0].base.Origin() == "http://127.0.0.1:5000");
  CHECK(RegistryHosts("", "[::1]:5000").value()[0].base.scheme == "http");
  CHECK(RegistryHosts("", "10.0.0.1:5000").value()[0].base.scheme == "https");
}

TEST_CASE("hosts.toml names mirrors in its own order") {
  TemporaryDirectory root;
  WriteHosts(root, "docker.io", R"(
server = "https://hub.example/api/"
skip_verify = true
[host."http://z.example:5000"]
  capabilities = ["pull"]
  [host."http://z.example:5000".header]
    x-a = ["1", "2"]
[host."https://a.example/cache/v2"]
  override_path = true
  ca = "ca.pem"
  client = [["c.pem", "/k.pem"]]
)");
  const auto hosts = RegistryHosts(root.path(), "docker.io").value();
  REQUIRE(hosts.size() == 3);
  CHECK(hosts[0].base.Origin() == "http://z.example:5000");
  CHECK(hosts[0].can_pull);
  CHECK_FALSE(hosts[0].can_resolve);
  CHECK(hosts[0].headers == HttpHeaders{{"x-a", "1"}, {"x-a", "2"}});
  CHECK(hosts[1].base.target == "/cache/v2");
  CHECK(hosts[1].tls.authorities == std::vector<std::string>{root / "docker.io/ca.pem"});
  CHECK(hosts[1].tls.client.at(0).second == "/k.pem");
  CHECK_FALSE(hosts[1].is_server);
  CHECK(hosts[2].is_server);
  CHECK(hosts[2].tls.skip_verify);
  CHECK(hosts[2].base.target == "/api/v2");
}

TEST_CASE("_default holds for hosts without a file") {
  TemporaryDirectory root;
  WriteHosts(root, "_default", "[host.\"http://mirror.example\"]\n");
  const auto hosts = RegistryHosts(root.path(), "quay.io").value();
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0].base.Origin() == "http://mirror.example:80");
  CHECK(hosts[1].base.Origin() == "https://quay.io:443");
}

TEST_CASE("a mistake names file and line") {
  TemporaryDirectory root;
  for (const char* text : {"\nserver = 7\n", "\n= x", "\nca = [1]\n", "\nhost = 1\n",
                           "\nserver = \"ftp://x\"\n", "\n[host.\"http://a\"]\ncapabilities = [\"fly\"]\n"}) {
    WriteHosts(root, "quay.io", text);
    const auto hosts = RegistryHosts(root.path(), "quay.io");
    INFO(text << Message(hosts.status()));
    CHECK(absl::IsInvalidArgument(hosts.status()));
    CHECK(Message(hosts.status()).find("hosts.toml line ") != std::string_view::npos);
  }
}

TEST_CASE("what toml++ takes for granted is a mistake like others when it is not so") {
  for (const char* text : {"server = 1\xc4\xb1", "server = \"\xc3\xa9\" \xc3\xa9", "\xe1\x9a\x81 = 1", "[`x]"}) {
    const auto hosts = ParseHosts(text, "/etc/x/hosts.toml", "registry.example");
    CHECK(absl::IsInvalidArgument(hosts.status()));
    CHECK(Message(hosts.status()).starts_with("/etc/x/hosts.toml line 1"));
  }
}

TEST_CASE("an entry that names the registry itself is no mirror") {
  TemporaryDirectory root;
  WriteHosts(root, "_default", R"(
[host."https://registry-1.docker.io"]
[host."https://Quay.IO:443"]
[host."http://10.0.0.1:5000"]
)");
  const auto servers = [&](const std::string& host) {
    std::vector<bool> out;
    const auto hosts = RegistryHosts(root.path(), host).value();
    for (const RegistryHost& one : hosts) out.push_back(one.is_server);
    return out;
  };
  CHECK(servers("docker.io") == std::vector<bool>{true, false, false, true});
  CHECK(servers("quay.io") == std::vector<bool>{false, true, false, true});
  CHECK(servers("10.0.0.1:5000") == std::vector<bool>{false, false, true, true});
  CHECK(servers("10.0.0.1") == std::vector<bool>{false, false, false, true});
}

TEST_CASE("a client certificate may hold its own key, and there is one") {
  TemporaryDirectory root;
  for (const char* form : {"\"both.pem\"", "[\"both.pem\"]", "[[\"both.pem\", \"\"]]"}) {
    WriteHosts(root, "quay.io", std::string("client = ") + form + "\n");
    const auto hosts = RegistryHosts(root.path(), "quay.io");
    INFO(form << Message(hosts.status()));
    REQUIRE(hosts.ok());
    const std::string both = root / "quay.io/both.pem";
    CHECK(hosts->back().tls.client == std::vector<std::pair<std::string, std::string>>{{both, both}});
  }
  WriteHosts(root, "quay.io", "client = [\"certificate.pem\", \"key.pem\"]\n");
  const Status several = RegistryHosts(root.path(), "quay.io").status();
  INFO(Message(several));
  CHECK(absl::IsInvalidArgument(several));
  CHECK(Message(several).find("[[\"certificate\", \"key\"]]") != std::string_view::npos);
}

}  // namespace
}  // namespace jobpod
