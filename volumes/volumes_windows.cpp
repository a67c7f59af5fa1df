#include <algorithm>
#include <mutex>

#include "base/id.hpp"
#include "base/scope_exit.hpp"
#include "volumes/bind_filter_windows.hpp"
#include "volumes/host_item_windows.hpp"
#include "volumes/layout_bind_windows.hpp"
#include "volumes/layout_link_windows.hpp"
#include "volumes/volume_check_windows.hpp"
#include "volumes/volumes.hpp"

namespace jobpod {
namespace {

std::string Plain(std::string path) {
  std::ranges::replace(path, '/', '\\');
  while (path.size() > 3 && path.ends_with('\\')) path.pop_back();
  return path;
}

}  // namespace

// Directories are shared by containers, so looking, journaling and making or removing are one step.
struct Volumes::Lock {
  std::mutex items;
};

Volumes::Volumes(Journal& journal, std::string link_root, std::string bind_root)
    : journal_(journal),
      link_root_(Plain(std::move(link_root))),
      bind_root_(Plain(std::move(bind_root))),
      lock_(std::make_unique<Lock>()) {}

Volumes::~Volumes() = default;

Status CheckBindLayout() { return SystemBindCalls().available(); }

StatusOr<MountList> Volumes::Prepare(const VolumesRequest& request) {
  const std::string& owner = request.container_id;
  if (!IsIdOrPrefix(owner))
    return absl::InvalidArgumentError(Concat("\"", owner, "\" is not a container id"));
  if (request.layout == Layout::kImageRoot)
    return absl::InvalidArgumentError("Windows has no layout that makes the image the container's root; use the "
                                      "runtime handler \"hostprocess\"");
  const bool bind = request.layout == Layout::kHostProcess;
  if (bind) RETURN_IF_ERROR(CheckBindLayout());
  ASSIGN_OR_RETURN(const std::vector<CheckedVolume> volumes, CheckVolumes(request.volumes));
  RootMount root = request.root;
  root.set_target(bind ? bind_root_ : Concat(link_root_, "\\", owner));
  root.set_upper(Plain(root.upper()));
  ScopeExit undo([&] { Release(owner).IgnoreError(); });
  StatusOr<MountList> list;
  {
    const std::scoped_lock lock(lock_->items);
    HostItems items(journal_);
    list = bind ? PrepareBind(owner, root, volumes, items) : PrepareLink(owner, root, volumes, items);
  }
  if (list.ok()) undo.Release();
  return list;
}

Status Volumes::Release(const std::string& container_id) {
  const std::scoped_lock lock(lock_->items);
  HostItems items(journal_);
  const std::vector<JournalEntry> entries = journal_.OwnedBy(container_id);
  Status first;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
    if (HostItems::IsOurs(*entry)) first.Update(items.Undo(*entry));
  return first;
}

Status Volumes::Recover(const std::set<std::string>& known) {
  std::set<std::string> strangers;
  for (const JournalEntry& entry : journal_.All())
    if (HostItems::IsOurs(entry) && !known.contains(entry.owner)) strangers.insert(entry.owner);
  Status first;
  for (const std::string& owner : strangers) first.Update(Release(owner));
  return first;
}

}  // namespace jobpod
