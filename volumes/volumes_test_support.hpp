// A Volumes room on a TestHost.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "test/fakes/memory_journal.hpp"
#include "volumes/mount_test_support.hpp"
#include "volumes/volumes.hpp"

namespace jobpod {

struct VolumesRoom {
  VolumesRoom() : volumes(journal, host.path() + "/links", host.path() + "/hpc") {}

  // A request with one image layer and no volumes yet.
  VolumesRequest Request(const std::string& id, Layout layout = Layout::kHostProcess) {
    return {id, layout, host.Root("image-" + id, ""), {}};
  }
  // Adds a volume of <host>/source at <host>/target.
  static VolumeRequest& Add(VolumesRequest& request, const std::string& source, const std::string& target) {
    VolumeRequest volume;
    volume.host_path = source;
    volume.container_path = target;
    return request.volumes.emplace_back(volume);
  }
  MountList Prepare(const VolumesRequest& request) {
    StatusOr<MountList> list = volumes.Prepare(request);
    INFO(list.status().ToString());
    REQUIRE(list.ok());
    return *std::move(list);
  }
  Status Refusal(const VolumesRequest& request) {
    Status status = volumes.Prepare(request).status();
    CHECK_FALSE(status.ok());
    CHECK(journal.OwnedBy(request.container_id).empty());
    return status;
  }
  std::string At(const std::string& name) const { return host.path() + "/" + name; }
  // The place of a container path below the rootfs.
  std::string Below(const std::string& path) const { return host.path() + "/hpc" + path; }

  TestHost host;
  MemoryJournal journal;
  Volumes volumes;
};

inline bool Says(const Status& status, const std::string& part) {
  return std::string(Message(status)).find(part) != std::string::npos;
}

}  // namespace jobpod
