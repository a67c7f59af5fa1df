#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "volumes/layout_bind_linux.hpp"
#include "volumes/layout_image_root_linux.hpp"
#include "volumes/layout_link_linux.hpp"
#include "volumes/mount_stub_linux.hpp"
#include "volumes/path.hpp"
#include "volumes/volume_check_linux.hpp"
#include "volumes/volumes.hpp"

namespace jobpod {
namespace {

// Other rooms journal mounts and directories of the same container: ours is the one at its own place.
bool IsLinkRoot(const JournalEntry& entry, const std::string& link_root) {
  bool kind = entry.kind == "mount" || entry.kind == "directory";
  return kind && entry.path == Concat(link_root, "/", entry.owner);
}

}  // namespace

// Mount points are shared by containers. A volume may be of a file system that does not answer: only who wants the same
// place waits for it.
struct Volumes::Lock {
  PathLocks paths;
};

Volumes::Volumes(Journal& journal, std::string link_root, std::string bind_root)
    : journal_(journal),
      link_root_(CleanPath(link_root)),
      bind_root_(CleanPath(bind_root)),
      lock_(std::make_unique<Lock>()) {}

Volumes::~Volumes() = default;

Status CheckBindLayout() { return absl::OkStatus(); }

StatusOr<MountList> Volumes::Prepare(const VolumesRequest& request) {
  const std::string& owner = request.container_id;
  if (!IsIdOrPrefix(owner))
    return absl::InvalidArgumentError(Concat("\"", owner, "\" is not a container id"));
  ASSIGN_OR_RETURN(std::vector<CheckedVolume> volumes, CheckVolumes(request.volumes));
  if (request.layout == Layout::kImageRoot) return PrepareImageRoot(request.root, std::move(volumes));
  bool bind = request.layout == Layout::kHostProcess;
  RootMount root = request.root;
  root.set_target(bind ? bind_root_ : Concat(link_root_, "/", owner));
  ScopeExit undo([&] { (void)Release(owner); });
  StatusOr<MountList> list;
  if (bind) {
    MountStubs stubs(journal_, lock_->paths);
    list = PrepareBind(owner, root, std::move(volumes), stubs);
  } else {
    list = PrepareLink(owner, root, volumes, journal_);
  }
  if (list.ok()) undo.Release();
  return list;
}

Status Volumes::Release(const std::string& container_id) {
  MountStubs stubs(journal_, lock_->paths);
  std::vector<JournalEntry> entries = journal_.OwnedBy(container_id);
  Status first;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    Status undone;
    if (MountStubs::IsStub(*entry)) undone = stubs.Undo(*entry);
    if (IsLinkRoot(*entry, link_root_)) undone = UndoLink(*entry, journal_);
    first.Update(undone);
  }
  return first;
}

Status Volumes::Recover(const std::set<std::string>& known) {
  std::set<std::string> strangers;
  for (const JournalEntry& entry : journal_.All()) {
    bool ours = MountStubs::IsStub(entry) || IsLinkRoot(entry, link_root_);
    if (ours && !known.contains(entry.owner)) strangers.insert(entry.owner);
  }
  Status first;
  for (const std::string& owner : strangers) first.Update(Release(owner));
  return first;
}

}  // namespace jobpod
