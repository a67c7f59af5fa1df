// For tests: images made by hand, Debian's docker-registry as a real registry, and a fake one that
// misbehaves as it is told.
#pragma once

#include <chrono>
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
  std::string method, path, query, authorization, proxy_authorization, range, body;
  std::map<std::string, std::string> headers;
};
struct FakeAnswer {
  int status = 200;
  // Content-Length is put there unless this has it or a Transfer-Encoding; nothing is checked.
  std::map<std::string, std::string> headers;
  std::string body;
  size_t cut = 0;      // break the connection after so many bytes of the body; 0 = never
  bool stall = false;  // send nothing more after that, until the server ends
  bool reset = false;  // end the connection with a reset
  std::chrono::milliseconds drip{0};  // between one byte of the body and the next
  std::string raw;                    // sent instead of everything, then the connection ends
  uint16_t tunnel_port = 0;           // as a proxy: connects to that port of this machine and relays
};

// Answers every request by a function, called on a thread for each connection, and remembers the requests.
class FakeRegistry {
 public:
  using Handler = std::function<FakeAnswer(const FakeRequest&)>;
  // With a PEM file of certificate and key it speaks TLS; with a PEM file of an authority it talks only to clients
  // that have a certificate of that one.
  explicit FakeRegistry(Handler handler, const std::string& certificate = "", const std::string& clients = "");
  ~FakeRegistry();

  uint16_t port() const;
  std::string address() const;  // "127.0.0.1:PORT"
  std::vector<FakeRequest> requests() const;
  size_t Count(const std::string& path_part) const;

  // Serves `image` as repository/tag; empty when the path is something else.
  static FakeAnswer Serve(const FakeRequest& request, const BuiltImage& image);

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

// A certificate for 127.0.0.1: <files>/ca.pem, <files>/key.pem and, returned, both in one file.
std::string MakeCertificate(const TemporaryDirectory& files);

// The image room in a directory of its own.
std::unique_ptr<Images> OpenImages(const std::string& root, const ImageLimits& limits = {},
                                   const std::string& registry_config = "");
std::unique_ptr<Images> OpenImages(const ImagesConfig& config);

}  // namespace jobpod::test
