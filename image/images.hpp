// The image room: pull, import, list, remove images, and the rootfs of a container. Content addressed
// below one root directory:
//   <root>/blobs/sha256/<hex>     manifests and configs (small)
//   <root>/layers/<hex>/          one plain tree per layer, by diff id, with overlayfs whiteouts
//   <root>/layers/<hex>.layer     what a whole tree holds (layer_record.hpp)
//   <root>/layers/<hex>.blob      the compressed layer, only with keep_blobs
//   <root>/layers/<hex>-bridge/   a small tree on top of a layer, for one chain of layers (layer_bridge.hpp)
//   <root>/containers/<id>/{upper,work}   writable layers
//   <root>/images.db              the index (SQLite, synchronous=FULL)
// An image's id is its config digest ("sha256:…"), the same in every answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/proxy.hpp"

namespace jobpod {

// What runs when nothing else is said (OCI image config).
struct ImageConfig {
  std::vector<std::string> entrypoint, command, environment;  // environment as "NAME=value"
  std::string user, working_directory, stop_signal;
  std::vector<std::string> volumes;
  std::string os, architecture, os_version;
  std::map<std::string, std::string> labels;
  bool args_escaped = false;
};

// Immutable; a change of tags makes a new one.
struct Image {
  std::string id;                         // "sha256:<hex of the config>"
  std::vector<std::string> repo_tags;     // "docker.io/library/busybox:latest"
  std::vector<std::string> repo_digests;  // "docker.io/library/busybox@sha256:…"
  uint64_t size = 0;                      // bytes of config and compressed layers, > 0
  std::vector<std::string> diff_ids;      // bottom first
  std::vector<std::string> layers;        // directories below layers/ to stack, bottom first
  ImageConfig config;
  bool pinned = false;
};
using ImagePointer = std::shared_ptr<const Image>;

// Credentials as CRI AuthConfig gives them. Never logged.
struct RegistryAuth {
  std::string username, password, auth, server_address, identity_token, registry_token;
};

// Told on the thread that called Pull, rarely enough for a terminal; the pull does not wait for it.
struct PullProgress {
  std::string layer;  // digest of the blob
  std::string phase;  // "waiting", "downloading", "unpacking", "done", "present"
  uint64_t done_bytes = 0, total_bytes = 0;
};
using ProgressFunction = std::function<void(const PullProgress&)>;

// A pull that is under way.
struct PullInFlight {
  std::string reference;
  size_t waiting = 0;  // callers
  std::vector<PullProgress> layers;
};

struct PullRequest {
  std::string reference;  // as the user wrote it; normalised the Docker way
  std::optional<RegistryAuth> auth;
  std::string platform;       // "linux/amd64"; empty = this host
  bool any_windows = false;   // HostProcess: where there is nothing for the platform, any Windows manifest of
                              // this architecture, nearest build first
  ProgressFunction progress;  // may be empty
};

struct ImageLimits {  // per image, against hostile content
  uint64_t max_manifest_bytes = 4u << 20;
  uint64_t max_unpacked_bytes = 64ull << 30;
  uint64_t max_entries = 4'000'000;
  uint64_t max_layers = 127;
  uint64_t max_path_bytes = 4096;
  uint64_t max_ratio = 2000;  // unpacked to compressed bytes of a layer; 0 = any
};

// How long registries are waited for; see HttpTimeouts.
struct PullTimeouts {
  std::chrono::milliseconds connect{30'000}, first_byte{30'000}, stall{30'000};
  std::chrono::milliseconds retry_delay{250};  // before the second attempt
};

struct ImagesConfig {
  std::string root;             // for instance /var/lib/jobpod/images
  std::string registry_config;  // directory of <host>/hosts.toml; may be empty
  ImageLimits limits;
  bool keep_blobs = false;  // keeps compressed layers beside their trees, which exporting needs
  PullTimeouts timeouts;
  size_t parallel_layers = 3;  // of one pull, at a time
  ProxySettings proxies;       // none: the daemon's environment is its caller's to read
};

// Where a container's files are. Directories stay until Release.
struct Rootfs {
  std::vector<std::string> lower;  // layer directories, topmost first; empty when copied
  std::string upper, work;         // writable layer; `upper` is the full tree when copied
  ImagePointer image;
};

struct FilesystemUsage {
  std::string mountpoint;  // an existing directory
  uint64_t used_bytes = 0, inodes_used = 0;
};

// Thread-safe.
class Images {
 public:
  static StatusOr<std::unique_ptr<Images>> Open(const ImagesConfig& config);
  virtual ~Images() = default;

  // Returns the image id. Idempotent. Cancelled soon after `stop` is requested, leaving nothing half-made.
  // Callers that want the same at the same time share one pull, which goes on until the last one is cancelled.
  virtual StatusOr<std::string> Pull(const PullRequest& request, std::stop_token stop) = 0;

  // How far the pulls under way are.
  virtual std::vector<PullInFlight> Pulls() const = 0;

  // Imports an OCI layout (directory or tar) or a docker-save archive, optionally gzip or zstd. Returns
  // the ids of its images. `name` (may be empty) names an image that carries no name of its own; a bare tag in
  // the archive (umoci writes such) is put behind it. Without it the file's name is taken, below "localhost/".
  // Images for the host's platform are taken, and Windows ones of its architecture.
  virtual StatusOr<std::vector<std::string>> Import(const std::string& path, const std::string& name,
                                                    std::stop_token stop) = 0;

  // Writes the image with all its names as an OCI layout in a tar, which `docker load` reads as well; `path`
  // is absolute and replaced. Every digest is the original one: FailedPrecondition when the compressed
  // layers were not kept.
  virtual Status Export(const std::string& reference, const std::string& path, std::stop_token stop) = 0;

  // A pinned image is passed over by kubelet's garbage collection; removing it by name still works.
  virtual Status SetPinned(const std::string& image_id, bool pinned) = 0;

  virtual std::vector<ImagePointer> List() const = 0;

  // By id, unique id prefix, tag or digest reference. Null when there is none; InvalidArgument when the
  // text is no reference or the prefix is ambiguous.
  virtual StatusOr<ImagePointer> Find(const std::string& reference) const = 0;

  // Removes the image with all its names; missing is OK. Layers that another image or a container's
  // rootfs uses stay until nobody does.
  virtual Status Remove(const std::string& reference) = 0;

  // Disk use of the image store, from counters, without walking the tree.
  virtual FilesystemUsage Usage() const = 0;

  // The three questions every room answers.
  virtual StatusOr<Rootfs> Prepare(const std::string& container_id, const std::string& image_id) = 0;
  virtual Status Release(const std::string& container_id) = 0;
  virtual Status Recover(const std::set<std::string>& known_containers) = 0;

  // Bytes and inodes of a container's writable layer (walks it; callers cache). NotFound if unknown.
  virtual StatusOr<FilesystemUsage> WritableLayerUsage(const std::string& container_id) const = 0;

  // Read-only layer directories of an image for an image volume, topmost first, kept until
  // Release(container_id).
  virtual StatusOr<std::vector<std::string>> PrepareVolume(const std::string& container_id,
                                                           const std::string& image_id) = 0;
};

// Every archive in `directory` (*.tar, *.tar.gz, *.tgz, *.tar.zst), imported and pinned, because the node may
// have no other way to them; one log line each. A bad archive is logged and skipped. One that has not
// changed since it was imported is not read again while its images are there; `memory`, a file, remembers
// that.
void ImportPreloaded(Images& images, const std::string& directory, const std::string& memory,
                     std::stop_token stop);

}  // namespace jobpod
