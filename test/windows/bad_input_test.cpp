// Bad input: one clear error of the right kind, nothing half-made, nothing outside touched.
#include <filesystem>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOutside = "C:\\jobpod-outside";

// A directory that attacks aim at; Unharmed says whether it is as it was.
class Outside {
 public:
  Outside() {
    fs::create_directories(kOutside);
    Spill(File(), "there");
  }
  ~Outside() { fs::remove_all(kOutside); }
  bool Unharmed() const {
    return Slurp(File()) == "there" &&
           std::distance(fs::directory_iterator(kOutside), fs::directory_iterator()) == 1;
  }

 private:
  static std::string File() { return Concat(kOutside, "\\there.txt"); }
};

size_t ImageCount() {
  return static_cast<size_t>(SharedDaemon().client().Call(&Images::ListImages, cri::ListImagesRequest()).images_size());
}

int Containers(Pod& pod) {
  cri::ListContainersRequest request;
  request.mutable_filter()->set_pod_sandbox_id(pod.id());
  return pod.client().Call(&Runtime::ListContainers, request).containers_size();
}

}  // namespace

TEST_CASE("hostile layers are refused with the entry's name, and leave nothing") {
  const Outside outside;
  Image("probe");
  const size_t before = ImageCount();
  for (const auto& layout : fs::directory_iterator(ImagesDirectory() + "\\hostile")) {
    const std::string name = layout.path().filename().string();
    if (name.starts_with("contained-")) continue;
    const grpc::Status outcome = Outcome([&] { Import(SharedDaemon(), layout.path().string()); });
    INFO(name << ": " << outcome.error_message());
    CHECK(outcome.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    if (name != "no-files") CHECK_THAT(outcome.error_message(), Catch::Contains("Files/"));
    CHECK(outside.Unharmed());
  }
  CHECK(ImageCount() == before);
}

TEST_CASE("links that lead out of an image and streams of its files do no harm") {
  const Outside outside;
  Pod pod;
  for (const char* name : {"contained-links", "contained-stream", "contained-drive"}) {
    std::string image;
    const grpc::Status outcome =
        Outcome([&] { image = Import(SharedDaemon(), Concat(ImagesDirectory(), "\\hostile\\", name)).front(); });
    INFO(name << ": " << outcome.error_message());
    REQUIRE(outcome.ok());
    const cri::ContainerConfig container = HostProcessContainer("main", image, {"cmd", "/c", "dir /s & type up\\there.txt"});
    const Ran ran = pod.Run(container);
    INFO(ran.out << ran.err);
    CHECK(ran.out.find("there") == std::string::npos);
    pod.client().Remove(ran.id);
    CHECK(outside.Unharmed());
  }
}

TEST_CASE("containers that must be refused are, and nothing stays") {
  Pod pod;
  const auto with = [&](const std::function<void(cri::ContainerConfig&)>& edit) {
    cri::ContainerConfig container = Does("out never");
    container.mutable_metadata()->set_name("bad");
    edit(container);
    pod.client().Create(pod.id(), pod.config(), container);
  };
  CHECK_CODE(NOT_FOUND, with([](auto& container) { container.mutable_image()->set_image("example.test/not/here:1"); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { container.clear_image(); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { container.clear_metadata(); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { container.set_command(0, ""); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { container.set_log_path("..\\..\\escape.log"); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { container.set_log_path("NUL"); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { container.set_command(1, std::string("a\0b", 3)); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { AddVariable(container, "A=B", "x"); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) { AddVariable(container, "", "x"); }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) {
               container.mutable_windows()->mutable_resources()->set_memory_limit_in_bytes(-5);
             }));
  CHECK_CODE(INVALID_ARGUMENT, with([](auto& container) {
               container.mutable_windows()->mutable_security_context()->set_run_as_username("a\\b\\c");
             }));
  CHECK_CODE(NOT_FOUND, pod.client().Create(std::string(64, 'a'), pod.config(), Does("out never")));
  CHECK(Containers(pod) == 0);
}

TEST_CASE("a working directory that cannot be fails the start and names it") {
  Pod pod;
  for (const char* directory : {"%CONTAINER_SANDBOX_MOUNT_POINT%\\app\\hello.txt", "\\\\server\\share", "C:\\what?"}) {
    cri::ContainerConfig container = Does("out never");
    container.set_working_dir(directory);
    std::string id;
    const grpc::Status outcome = Outcome([&] {
      id = pod.Create(container);
      pod.client().Start(id);
    });
    INFO(directory << ": " << outcome.error_message());
    CHECK(!outcome.ok());
    CHECK(!outcome.error_message().empty());
  }
}

TEST_CASE("text that is not UTF-8 ends one call, not the daemon") {
  Pod pod;
  cri::ContainerConfig container = Does("out never");
  container.add_command("\xff\xfe");
  CHECK(!Outcome([&] { pod.Create(container); }).ok());
  CHECK(pod.Run(Does("out fine")).out == "fine\n");
}

}  // namespace jobpod::test
