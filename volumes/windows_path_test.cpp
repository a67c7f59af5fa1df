#include "volumes/windows_path.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

std::string Target(const std::string& path) {
  const auto target = ParseWindowsTarget(path);
  return target.ok() ? target->Text() : "refused: " + std::string(target.status().message());
}

bool Refused(const std::string& path, const std::string& why) {
  return Target(path).starts_with("refused: ") && Target(path).find(why) != std::string::npos;
}

TEST_CASE("container paths come in every spelling and mean one place") {
  CHECK(Target("C:\\a\\b") == "C:\\a\\b");
  CHECK(Target("c:/a//b/./c/") == "C:\\a\\b\\c");
  CHECK(Target("/var/run/secrets/kubernetes.io/serviceaccount") ==
        "C:\\var\\run\\secrets\\kubernetes.io\\serviceaccount");
  CHECK(Target("\\dev\\termination-log") == "C:\\dev\\termination-log");
  CHECK(Target("d:\\data") == "D:\\data");
}

TEST_CASE("container paths that cannot be are refused with the reason") {
  CHECK(Refused("", "is empty"));
  CHECK(Refused("C:", "destination path can not be C drive"));
  CHECK(Refused("c:\\", "destination path can not be C drive"));
  CHECK(Refused("/", "destination path can not be C drive"));
  CHECK(Refused("E:", "whole drive"));
  CHECK(Refused("relative", "not absolute"));
  CHECK(Refused("C:relative", "current directory"));
  CHECK(Refused("C:\\a\\..\\..\\b", "\"..\""));
  CHECK(Refused("\\\\server\\share", "another machine"));
  CHECK(Refused("C:\\a\\NUL", "device"));
  CHECK(Refused("C:\\a \\b", "dot or a space"));
  CHECK(Refused("C:\\a\\file:stream", "character"));
  CHECK(Refused("C:\\" + std::string(33'000, 'x'), "longer"));
}

TEST_CASE("pipes are known however they are written") {
  CHECK(WindowsPipeName("\\\\.\\pipe\\Docker_Engine") == "docker_engine");
  CHECK(WindowsPipeName("//./PIPE/docker_engine") == "docker_engine");
  CHECK(WindowsPipeName("\\\\?\\pipe\\x") == "x");
  CHECK_FALSE(WindowsPipeName("C:\\pipe\\x"));
  CHECK_FALSE(WindowsPipeName("\\\\pipe\\share"));
}

TEST_CASE("a path lies within another whatever the case of its letters") {
  const auto at = [](const char* path) { return *ParseWindowsTarget(path); };
  CHECK(IsWithin(at("C:\\Data\\x"), at("c:/data")));
  CHECK(IsWithin(at("C:\\data"), at("C:\\data")));
  CHECK_FALSE(IsWithin(at("C:\\database"), at("C:\\data")));
  CHECK_FALSE(IsWithin(at("D:\\data\\x"), at("C:\\data")));
}

TEST_CASE("what kubelet fills for one pod is told from other directories") {
  const std::string pod = "C:\\var\\lib\\kubelet\\pods\\1-2\\volumes\\";
  CHECK(IsKubeletContent(pod + "kubernetes.io~projected\\kube-api-access-x"));
  CHECK(IsKubeletContent("c:/var/lib/kubelet/pods/1-2/volumes/kubernetes.io~configmap/c/key"));
  CHECK_FALSE(IsKubeletContent(pod + "kubernetes.io~empty-dir\\x"));
  CHECK_FALSE(IsKubeletContent("C:\\volumes\\kubernetes.io~secret\\x"));
}

}  // namespace
}  // namespace jobpod
