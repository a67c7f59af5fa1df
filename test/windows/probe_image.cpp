#include "test/windows/probe_image.hpp"

#include <cstdlib>
#include <sstream>

#include "base/text.hpp"
#include "cri/proto/admin.grpc.pb.h"

namespace jobpod::test {
namespace {

using Images = cri::ImageService::Stub;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (!value) SetUpFailed(Concat(name, " is not set; run test/windows/run"));
  return value;
}

}  // namespace

std::string ImagesDirectory() {
  return FromEnvironment("JOBPOD_TEST_IMAGES");
}

std::string HostProbe() {
  return FromEnvironment("JOBPOD_TEST_PROBE");
}

std::vector<std::string> Import(Daemon& daemon, const std::string& path) {
  const auto admin = v1::Admin::NewStub(daemon.client().channel());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  v1::ImportImageRequest request;
  request.set_path(path);
  v1::ImportImageResponse response;
  const grpc::Status status = admin->ImportImage(&context, request, &response);
  if (!status.ok()) throw RpcFailed("ImportImage", status);
  return {response.image_ids().begin(), response.image_ids().end()};
}

std::string Image(const std::string& name, Daemon& daemon) {
  cri::ImageStatusRequest request;
  request.mutable_image()->set_image(Concat("windows.test/", name, ":1"));
  const auto ask = [&] { return daemon.client().Call(&Images::ImageStatus, request).image().id(); };
  const std::string there = ask();
  if (!there.empty()) return there;
  Import(daemon, ImagesDirectory() + "\\good");
  return ask();
}

std::vector<std::string> Deeds(const std::string& deeds) {
  std::vector<std::string> words = {kProbe};
  std::istringstream text(deeds);
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

cri::ContainerConfig Command(const std::vector<std::string>& words, Daemon& daemon) {
  return HostProcessContainer("main", Image("probe", daemon), words);
}

cri::ContainerConfig Does(const std::string& deeds, Daemon& daemon) {
  return Command(Deeds(deeds), daemon);
}

cri::ContainerConfig Sleeps(Daemon& daemon) {
  return Does("out up + sleep", daemon);
}

}  // namespace jobpod::test
