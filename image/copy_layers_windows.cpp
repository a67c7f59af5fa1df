#include <windows.h>

#include <sddl.h>
#include <winternl.h>

#include <map>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "image/file_clone_windows.hpp"
#include "image/file_id_windows.hpp"
#include "image/layer_mark_windows.hpp"
#include "image/layer_unpack.hpp"
#include "image/pending_links_windows.hpp"
#include "image/tar_header.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxDepth = 256;
constexpr ACCESS_MASK kSource = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
constexpr ACCESS_MASK kTarget = kSource | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_WRITE_ATTRIBUTES;
// The container may run as any account of this machine; others than administrators may read.
constexpr wchar_t kAccess[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)";

struct Merged {
  Handle directory;
  bool fresh = false;  // nothing of the layers below is in it
};

// Applies one layer to the tree that the layers below it made.
class LayerMerger {
 public:
  LayerMerger(FileCloner& cloner, PendingLinks& links) : cloner_(cloner), links_(links) {}

  Status Merge(HANDLE from, const Merged& to) {
    if (place_.size() > kMaxDepth) return absl::InvalidArgumentError("the layer is nested too deep");
    ASSIGN_OR_RETURN(const auto entries, ListEntries(from));
    // Marks speak of the layers below, so they come first.
    for (const DirectoryEntry& entry : entries)
      if (IsMark(entry.name)) RETURN_IF_ERROR(ApplyMark(entry.name, to));
    for (const DirectoryEntry& entry : entries) {
      place_.push_back(entry.name);
      RETURN_IF_ERROR(Annotate(MergeEntry(from, to, entry), Concat("copy ", Quoted(Utf8(entry.name)))));
      place_.pop_back();
    }
    return CopyInfo(from, to.directory.get());
  }

 private:
  Status ApplyMark(const std::wstring& name, const Merged& to) {
    if (name.starts_with(kLinkMark)) return absl::OkStatus();
    if (name == kOpaqueMark) return Clear(to.directory.get());
    return Remove(to.directory.get(), name.substr(kWhiteoutMark.size()));
  }

  Status Clear(HANDLE directory) {
    links_.RemoveBelow(place_);
    ASSIGN_OR_RETURN(const auto entries, ListEntries(directory));
    for (const DirectoryEntry& entry : entries) RETURN_IF_ERROR(RemoveTreeAt(directory, entry.name));
    return absl::OkStatus();
  }

  Status Remove(HANDLE directory, const std::wstring& name) {
    WidePath path = place_;
    path.push_back(name);
    links_.Remove(path);
    return RemoveTreeAt(directory, name);
  }

  Status MergeEntry(HANDLE from, const Merged& to, const DirectoryEntry& entry) {
    if (entry.name.starts_with(kLinkMark)) return TakeLink(from, to, entry.name);
    if (IsMark(entry.name)) return absl::OkStatus();
    if (entry.IsTree()) return MergeDirectory(from, to, entry.name);
    if (entry.IsLink() || entry.IsDirectory())
      return absl::DataLossError("the layer's tree was changed: it has a link");
    links_.Remove(place_);
    if (!to.fresh) RETURN_IF_ERROR(RemoveTreeAt(to.directory.get(), entry.name));
    return CopyFile(from, to.directory.get(), entry);
  }

  Status TakeLink(HANDLE from, const Merged& to, const std::wstring& mark) {
    ASSIGN_OR_RETURN(const std::string target, ReadMark(from, mark));
    place_.back() = mark.substr(kLinkMark.size());
    if (!to.fresh) RETURN_IF_ERROR(RemoveTreeAt(to.directory.get(), place_.back()));
    links_.Add(place_, Wide(target));
    return absl::OkStatus();
  }

  Status MergeDirectory(HANDLE from, const Merged& to, const std::wstring& name) {
    ASSIGN_OR_RETURN(const Handle source, OpenAt(from, name, kSource, FILE_OPEN, FILE_DIRECTORY_FILE));
    ASSIGN_OR_RETURN(const Merged target, OpenTarget(to, name));
    links_.Remove(place_, /*itself_only=*/true);
    return Merge(source.get(), target);
  }

  StatusOr<Merged> OpenTarget(const Merged& to, const std::wstring& name) {
    const HANDLE parent = to.directory.get();
    if (!to.fresh) {
      StatusOr<Handle> there = OpenAt(parent, name, kTarget, FILE_OPEN, FILE_DIRECTORY_FILE);
      if (there.ok()) return Merged{*std::move(there), false};
      RETURN_IF_ERROR(RemoveTreeAt(parent, name));  // a file
    }
    ASSIGN_OR_RETURN(Handle made, OpenAt(parent, name, kTarget, FILE_CREATE, FILE_DIRECTORY_FILE));
    return Merged{std::move(made), true};
  }

  Status CopyFile(HANDLE from, HANDLE to, const DirectoryEntry& entry) {
    ASSIGN_OR_RETURN(const Handle source,
                     OpenAt(from, entry.name, FILE_GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE));
    BY_HANDLE_FILE_INFORMATION info{};
    if (!GetFileInformationByHandle(source.get(), &info)) return LastErrorStatus("look at it");
    const bool several = info.nNumberOfLinks > 1 && HasId(entry);
    if (several) {
      const auto known = copies_.find(entry.id);
      if (known != copies_.end()) return LinkFileAt(known->second.get(), to, entry.name);
    }
    ASSIGN_OR_RETURN(Handle made, OpenAt(to, entry.name, FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, FILE_CREATE,
                                         FILE_NON_DIRECTORY_FILE));
    RETURN_IF_ERROR(cloner_.Copy(source.get(), made.get(), entry.size));
    RETURN_IF_ERROR(CopyInfo(source.get(), made.get()));
    if (several && copies_.size() < kMaxCopies) copies_[entry.id] = std::move(made);
    return absl::OkStatus();
  }

  static Status CopyInfo(HANDLE from, HANDLE to) {
    FILE_BASIC_INFO info{};
    if (!GetFileInformationByHandleEx(from, FileBasicInfo, &info, sizeof info))
      return LastErrorStatus("look at it");
    info.FileAttributes &= FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                           FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;
    info.ChangeTime.QuadPart = 0;
    if (SetFileInformationByHandle(to, FileBasicInfo, &info, sizeof info)) return absl::OkStatus();
    return LastErrorStatus("set its time");
  }

  // Files with several names are few; beyond this they are copied once for each name.
  static constexpr size_t kMaxCopies = 1024;

  FileCloner& cloner_;
  PendingLinks& links_;
  WidePath place_;                     // of the entry being copied
  std::map<uint64_t, Handle> copies_;  // of files with several names, by id
};

Status GiveAccess(HANDLE directory) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(kAccess, SDDL_REVISION_1, &descriptor, nullptr))
    return LastErrorStatus("make the access list of a rootfs");
  const bool set = SetKernelObjectSecurity(
      directory, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, descriptor);
  const Status failed = set ? absl::OkStatus() : LastErrorStatus("set the access list of a rootfs");
  LocalFree(descriptor);
  return failed;
}

}  // namespace

Status CopyLayers(const std::vector<std::string>& layers_bottom_first, const std::string& directory) {
  Merged target{{}, true};
  ASSIGN_OR_RETURN(target.directory, OpenPath(directory, kTarget | WRITE_DAC, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
  RETURN_IF_ERROR(Annotate(GiveAccess(target.directory.get()), directory));
  FileCloner cloner;
  PendingLinks links;
  for (const std::string& layer : layers_bottom_first) {
    ASSIGN_OR_RETURN(const Handle source, OpenPath(layer, kSource, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    const Status merged = LayerMerger(cloner, links).Merge(source.get(), target);
    RETURN_IF_ERROR(Annotate(merged, Concat("copy the layer ", layer, " to ", directory)));
    target.fresh = false;
  }
  return Annotate(links.MakeAll(target.directory.get()), Concat("make the links of ", directory));
}

// The copy has its own access list.
Status CopyRootLook(const std::vector<std::string>&, const std::string&) { return absl::OkStatus(); }

StatusOr<bool> OverlayWorks(const std::string&) { return false; }

}  // namespace jobpod
