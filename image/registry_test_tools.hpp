// For tests: images made by hand, Debian's docker-registry as a real registry, and a fake one that
// misbehaves as it is told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "image/images.hpp"
#include "image/layer_test_tools.hpp"

namespace jobpod::test {

struct BuiltImage {
  std::string config, manifest;
  std::vector<std::string> layers;  // compressed blobs
  std::string id() const;           // digest of the config
  std::string digest() const;       // digest of the manifest
};

struct ImageSpec {
  std::vector<std::string> layers;  // tar streams
  std::string os = "linux", architecture = "amd64";
  std::string more;  // further members of the config document, each ending in a comma
  std::function<std::string(const std::string& tar)> compress;  // empty: gzip
  bool docker_types = false;
  std::vector<std::string> diff_ids;  // empty: the true ones
};

BuiltImage BuildImage(const ImageSpec& spec);
// One layer with busybox as /bin/busybox and a file /marker with `text`.
BuiltImage BusyboxImage(const std::string& text);
// An OCI index of (platform as JSON object, manifest).
std::string BuildIndex(const std::vector<std::pair<std::string, std::string>>& entries);

extern const char* const kManifestType;
extern const char* const kIndexType;

// docker-registry on a free loopback port; ends with the object.
class RealRegistry {
 public:
  // `users` "name:password" turns basic authentication on.
  explicit RealRegistry(const std::string& user = "");
  ~RealRegistry();
  RealRegistry(const RealRegistry&) = delete;
  RealRegistry& operator=(const RealRegistry&) = delete;

  std::string address() const;  // "127.0.0.1:PORT"
  void Push(const std::string& repository, const std::string& tag, const BuiltImage& image);
  void PushManifest(const std::string& repository, const std::string& tag, const std::string& type,
                    const std::string& bytes);
  // Lines of its access log, and how many of them have `text`.
  size_t Requests(const std::string& text) const;

 private:
  TemporaryDirectory directory_;
  std::string user_;
  int port_ = 0;
  int pid_ = -1;
};

struct FakeRequest {
  std::string method, path, query, authorization, range, body;
};
struct FakeAnswer {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  size_t cut = 0;      // break the connection after so many bytes of the body; 0 = never
  bool stall = false;  // send nothing more after `cut` bytes, until the server ends
};

// Answers every request by a function, and remembers the requests.
class FakeRegistry {
 public:
  using Handler = std::function<FakeAnswer(const FakeRequest&)>;
  // With a PEM file of certificate and key it speaks TLS.
  explicit FakeRegistry(Handler handler, const std::string& certificate = "");
  ~FakeRegistry();

  std::string address() const;
  std::vector<FakeRequest> requests() const;
  size_t Count(const std::string& path_part) const;

  // Serves `image` as repository/tag; empty when the path is something else.
  static FakeAnswer Serve(const FakeRequest& request, const BuiltImage& image);

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

// The image room in a directory of its own.
std::unique_ptr<Images> OpenImages(const std::string& root, const ImageLimits& limits = {},
                                   const std::string& registry_config = "");

}  // namespace jobpod::test
