// Images from a real registry: pull, names, list, remove, archives, and content that must be refused.
#include <filesystem>

#include "base/text.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

cri::ImageStatusResponse StatusOfImage(const std::string& reference) {
  cri::ImageStatusRequest request;
  request.mutable_image()->set_image(reference);
  return SharedDaemon().client().Call(&Images::ImageStatus, request);
}

void RemoveImage(const std::string& reference) {
  cri::RemoveImageRequest request;
  request.mutable_image()->set_image(reference);
  SharedDaemon().client().Call(&Images::RemoveImage, request);
}

// Changes bytes in the middle of a blob that the registry already holds.
void Damage(const std::string& file) {
  std::string content = Slurp(file);
  REQUIRE(content.size() > 64);
  for (size_t i = content.size() / 2; i < content.size() / 2 + 16; ++i)
    content[i] = static_cast<char>(~content[i]);
  Spill(file, content);
}

// The `size` of the digests in a manifest, in order: config first, then layers.
std::vector<std::string> Digests(const std::string& manifest) {
  std::vector<std::string> found;
  for (size_t at = manifest.find("sha256:"); at != std::string::npos; at = manifest.find("sha256:", at + 1))
    found.push_back(manifest.substr(at, 71));
  return found;
}

}  // namespace

TEST_CASE("a pulled image has one identity everywhere") {
  const Registry& registry = SharedRegistry();
  CriClient& client = SharedDaemon().client();
  const std::string reference = registry.Reference("busybox");
  const std::string id = client.Pull(reference);
  CHECK(id.rfind("sha256:", 0) == 0);
  CHECK(client.Pull(reference) == id);
  const auto image = StatusOfImage(reference).image();
  CHECK(image.id() == id);
  CHECK(image.size() > 0);
  CHECK(image.repo_tags(0) == reference);
  const std::string by_digest =
      Concat("127.0.0.1:", registry.port(), "/busybox@", registry.ManifestDigest("busybox"));
  CHECK(image.repo_digests(0) == by_digest);
  CHECK(StatusOfImage(id).image().id() == id);
  CHECK(StatusOfImage(by_digest).image().id() == id);
  CHECK(client.Pull(by_digest) == id);
  cri::ListImagesRequest request;
  request.mutable_filter()->mutable_image()->set_image(reference);
  const auto list = client.Call(&Images::ListImages, request);
  REQUIRE(list.images_size() == 1);
  CHECK(list.images(0).id() == id);
}

TEST_CASE("an image that is not there is no error of ImageStatus, and RemoveImage is idempotent") {
  CHECK(!StatusOfImage(SharedRegistry().Reference("nothing")).has_image());
  RemoveImage(SharedRegistry().Reference("nothing"));
}

TEST_CASE("removing an image by one name removes all of its names") {
  const Registry& registry = SharedRegistry();
  registry.Push(ImageLayout(), "layers", "one-name");
  registry.Push(ImageLayout(), "layers", "other-name");
  const std::string id = SharedDaemon().client().Pull(registry.Reference("one-name"));
  CHECK(SharedDaemon().client().Pull(registry.Reference("other-name")) == id);
  CHECK(StatusOfImage(id).image().repo_tags_size() >= 2);
  RemoveImage(registry.Reference("one-name"));
  CHECK(!StatusOfImage(registry.Reference("other-name")).has_image());
  CHECK(!StatusOfImage(id).has_image());
}

TEST_CASE("a running container keeps the files of an image that was removed") {
  const Registry& registry = SharedRegistry();
  registry.Push(ImageLayout(), "scripts", "removed-soon");
  Pod pod;
  const std::string id = SharedDaemon().client().Pull(registry.Reference("removed-soon"));
  const std::string container = pod.Start(HostProcessContainer("main", id, {kBusybox, "sleep", "1000"}));
  RemoveImage(id);
  CHECK(pod.client().Exec(container, {kBusybox, "cat", "/hpc/app/data"}).stdout() == "not a program\n");
  CHECK(pod.client().StatusOf(container).image_id() == id);
}

TEST_CASE("Docker manifests and zstd layers are pulled") {
  const Registry& registry = SharedRegistry();
  registry.Push(ImageLayout(), "scripts", "docker-format", "v2s2");
  registry.Push(ImageLayout(), "scripts", "zstd-layers", "oci", "zstd");
  for (const char* name : {"docker-format", "zstd-layers"}) {
    Pod pod;
    const Ran ran = pod.Run(HostProcessContainer("main", Image(name)));
    INFO(name << ran.status.message());
    CHECK(ran.out.find("arguments: one two") != std::string::npos);
  }
}

TEST_CASE("the image file system is told, with a directory that exists") {
  const auto info = SharedDaemon().client().Call(&Images::ImageFsInfo, cri::ImageFsInfoRequest());
  REQUIRE(info.image_filesystems_size() >= 1);
  const auto& filesystem = info.image_filesystems(0);
  CHECK(filesystem.timestamp() > 0);
  CHECK(filesystem.has_used_bytes());
  CHECK(filesystem.used_bytes().value() > 100'000u);
  CHECK(filesystem.has_inodes_used());
  CHECK(std::filesystem::is_directory(filesystem.fs_id().mountpoint()));
}

TEST_CASE("OCI layouts and docker-save archives are imported") {
  TemporaryDirectory directory;
  MustRun({"skopeo", "copy", "-q", "--insecure-policy", "oci:" + ImageLayout() + ":scripts",
           "docker-archive:" + directory.path() + "/saved.tar:example.test/saved:1"});
  MustRun({"skopeo", "copy", "-q", "--insecure-policy", "oci:" + ImageLayout() + ":scripts",
           "oci-archive:" + directory.path() + "/layout.tar:example.test/layout:1"});
  for (const char* name : {"saved", "layout"}) {
    const CommandResult result = RunCommand({Program("jobpod"), "--address", SharedDaemon().address(),
                                             "image", "import", directory.path() + "/" + name + ".tar"});
    INFO(result.output);
    CHECK(result.exit_code == 0);
    CHECK(StatusOfImage(Concat("example.test/", name, ":1")).has_image());
  }
}

TEST_CASE("a Windows image is pulled for a HostProcess pod, runs and gives its space back") {
  TemporaryDirectory directory;
  MustRun({"python3", JOBPOD_SOURCE_DIR "/test/images/windows.py", directory / "win", "/bin/busybox"});
  const Registry& registry = SharedRegistry();
  registry.Push(directory / "win", "windows");
  const std::string reference = registry.Reference("windows");
  CriClient& client = SharedDaemon().client();
  CHECK_CODE(NOT_FOUND, client.Pull(reference));
  const auto used = [&client] {
    const auto info = client.Call(&Images::ImageFsInfo, cri::ImageFsInfoRequest()).image_filesystems(0);
    return std::make_pair(info.used_bytes().value(), info.inodes_used().value());
  };
  const auto before = used();
  cri::PullImageRequest request;
  request.mutable_image()->set_image(reference);
  {
    Pod pod;
    *request.mutable_sandbox_config() = pod.config();
    const std::string id = client.Call(&Images::PullImage, request).image_ref();
    CHECK(StatusOfImage(id).image().username() == "ContainerUser");
    CHECK(used().first > before.first + 500'000);
    cri::ContainerConfig container = HostProcessContainer(
        "main", id,
        {kBusybox, "sh", "-c",
         "b=$1/bin/busybox; cd $1; $b cat app/up/hello.txt; $b ls; $b readlink 'Documents and Settings'",
         "sh", "$CONTAINER_SANDBOX_MOUNT_POINT"});
    container.mutable_windows()->mutable_security_context()->set_run_as_username("root");
    const Ran ran = pod.Run(container);
    INFO(ran.err << ran.status.message());
    CHECK(ran.status.exit_code() == 0);
    CHECK(ran.out.find("hello from a Windows layer") == 0);
    for (const char* hidden : {"Hives", "UtilityVM", "old.txt", "Files", "Zone"})
      CHECK(ran.out.find(hidden) == std::string::npos);
    CHECK(ran.out.find("License.txt") != std::string::npos);
    CHECK(ran.out.find("\nUsers\n") != std::string::npos);
  }
  RemoveImage(reference);
  CHECK(used() == before);
}

TEST_CASE("an image that the registry does not have, and a registry that does not answer") {
  CriClient& client = SharedDaemon().client();
  CHECK_CODE(NOT_FOUND, client.Pull(SharedRegistry().Reference("not-pushed")));
  CHECK_CODE(UNAVAILABLE, client.Pull(Concat("127.0.0.1:", FreePort(), "/nobody/home:1")));
  CHECK_CODE(INVALID_ARGUMENT, client.Pull("127.0.0.1:5000/UPPER CASE/and spaces"));
  CHECK_CODE(INVALID_ARGUMENT, client.Pull(""));
}

TEST_CASE("damaged layers, configs and manifests are refused and leave nothing") {
  const Registry registry;
  const std::string reference = registry.Reference("scripts");
  const auto used = [] {
    return SharedDaemon()
        .client()
        .Call(&Images::ImageFsInfo, cri::ImageFsInfoRequest())
        .image_filesystems(0)
        .used_bytes()
        .value();
  };
  for (const char* victim : {"config", "layer", "manifest"}) {
    INFO("damaged: " << victim);
    registry.Push(ImageLayout(), "alpine", victim);
    const std::string digest = registry.ManifestDigest(victim);
    const std::vector<std::string> parts = Digests(Slurp(registry.BlobFile(digest)));
    REQUIRE(parts.size() == 2);
    const std::string file = registry.BlobFile(std::string(victim) == "config"  ? parts[0]
                                               : std::string(victim) == "layer" ? parts[1]
                                                                                : digest);
    const std::string whole = Slurp(file);
    Damage(file);
    RemoveImage(Image("alpine"));
    const uint64_t before = used();
    const grpc::Status outcome = Outcome([&] { SharedDaemon().client().Pull(registry.Reference(victim)); });
    CHECK(!outcome.ok());
    INFO(outcome.error_message());
    CHECK(outcome.error_code() != grpc::StatusCode::UNKNOWN);
    CHECK(outcome.error_code() != grpc::StatusCode::INTERNAL);
    CHECK(!StatusOfImage(registry.Reference(victim)).has_image());
    CHECK(used() == before);
    Spill(file, whole);
    SharedDaemon().client().Pull(registry.Reference(victim));  // whole again: nothing stuck from before
    RemoveImage(registry.Reference(victim));
  }
}

TEST_CASE("hostile archives are refused and nothing leaves the image store") {
  TemporaryDirectory directory;
  MustRun(
      {"python3", JOBPOD_SOURCE_DIR "/test/images/hostile.py", directory / "hostile", directory / "outside"});
  for (const auto& layout : std::filesystem::directory_iterator(directory / "hostile")) {
    INFO(layout.path().filename().string());
    const CommandResult result = RunCommand({Program("jobpod"), "--address", SharedDaemon().address(),
                                             "image", "import", layout.path().string()});
    INFO(result.output);
    const bool contained = layout.path().filename().string().rfind("contained-", 0) == 0;
    if (!contained) CHECK(result.exit_code != 0);
    CHECK(!std::filesystem::exists(directory / "outside"));
  }
}

TEST_CASE("a manifest of 100 MB is refused") {
  const Registry registry;
  registry.Push(ImageLayout(), "alpine", "big");
  const std::string file = registry.BlobFile(registry.ManifestDigest("big"));
  Spill(file, Slurp(file) + std::string(100u << 20, ' '));
  const uint64_t before = ResidentBytes(SharedDaemon().pid());
  const grpc::Status outcome = Outcome([&] { SharedDaemon().client().Pull(registry.Reference("big")); });
  INFO(outcome.error_message());
  CHECK(!outcome.ok());
  CHECK(ResidentBytes(SharedDaemon().pid()) < before + (40u << 20));
}

TEST_CASE("a layer of zeros against the configured limit is refused") {
  Daemon daemon("[image]\nmax_unpacked_bytes = 8000000\n");
  TemporaryDirectory directory;
  MustRun({"python3", JOBPOD_SOURCE_DIR "/test/images/hostile.py", directory / "hostile",
           directory / "outside", "zeros"});
  const CommandResult result = RunCommand(
      {Program("jobpod"), "--address", daemon.address(), "image", "import", directory / "hostile/zeros"});
  INFO(result.output);
  CHECK(result.exit_code != 0);
  CHECK(result.output.find("8000000") != std::string::npos);
}

TEST_CASE("archives in the preload directory are there at start") {
  Daemon daemon;
  daemon.Terminate();
  std::filesystem::create_directories(daemon.directory() + "/root/preload");
  MustRun({"skopeo", "copy", "-q", "--insecure-policy", "oci:" + ImageLayout() + ":busybox",
           "oci-archive:" + daemon.directory() + "/root/preload/busybox.tar:example.test/preloaded:1"});
  Spill(daemon.directory() + "/root/preload/broken.tar", "not an archive");
  daemon.Start();
  cri::ImageStatusRequest request;
  request.mutable_image()->set_image("example.test/preloaded:1");
  CHECK(Eventually([&] { return daemon.client().Call(&Images::ImageStatus, request).has_image(); }));
}

}  // namespace jobpod::test
