// The volumes room: turns a container's mount requests into a MountList and makes what must exist on the
// host for it (mount points, links, the link layout's host mount), each journaled before it is made.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/journal.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

enum class Layout { kHostProcess, kHostProcessLink, kImageRoot };

// One volume as it was asked for. Exactly one of host_path and image_layers is set.
struct VolumeRequest {
  std::string host_path;
  std::vector<std::string> image_layers;
  std::string image_sub_path;
  std::string container_path;
  bool readonly = false;
  bool recursive_readonly = false;  // image-root only; needs readonly and no propagation
  Propagation propagation = PROPAGATION_PRIVATE;
};

struct VolumesRequest {
  std::string container_id;
  Layout layout = Layout::kHostProcess;
  RootMount root;  // target is chosen here: /hpc, <link_root>/<container id>, or /
  std::vector<VolumeRequest> volumes;
};

// Whether this host can show a container files of its own: on Windows Unimplemented with the reason where the bind
// filter is missing, and then only the link layout can be had.
Status CheckBindLayout();

// Thread-safe. `journal` outlives it.
class Volumes {
 public:
  // `link_root`: parent of the link layout's directories, for instance /var/lib/jobpod/hpc.
  // `bind_root`: where the bind layout shows the rootfs, /hpc.
  Volumes(Journal& journal, std::string link_root, std::string bind_root);
  ~Volumes();

  // Validates (sources exist and are not cyclic, targets absolute, no `..`, not `/`, not twice, BIDIRECTIONAL
  // only on shared sources, link layout without readonly or propagation it cannot honour) and prepares.
  // On error nothing stays on the host.
  StatusOr<MountList> Prepare(const VolumesRequest& request);

  // Undoes what Prepare made for the container. Idempotent; unknown ids are OK. Never follows links, never
  // deletes what is not ours or not empty.
  Status Release(const std::string& container_id);

  // Releases everything whose owner is not among `known`. Called once at start.
  Status Recover(const std::set<std::string>& known);

 private:
  Journal& journal_;
  const std::string link_root_;
  const std::string bind_root_;
  struct Lock;
  std::unique_ptr<Lock> lock_;
};

}  // namespace jobpod
