#include "volumes/host_item_windows.hpp"

#include <winternl.h>

#include <algorithm>
#include <optional>

#include "base/file_windows.hpp"
#include "base/link_windows.hpp"
#include "base/log.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

constexpr char kLink[] = "volume-link";
constexpr char kDirectory[] = "volume-directory";

struct Identity {
  uint64_t volume = 0, id = 0;
};

std::optional<Identity> IdentityOf(HANDLE thing) {
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(thing, &info)) return std::nullopt;
  return Identity{info.dwVolumeSerialNumber, uint64_t{info.nFileIndexHigh} << 32 | info.nFileIndexLow};
}

// 0 in the journal: the daemon died between announcing the thing and learning its identity.
bool IsSame(const JournalEntry& entry, const Identity& now) {
  return entry.inode == 0 || (entry.device == now.volume && entry.inode == now.id);
}

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('\\')); }
std::string NameOf(const std::string& path) { return path.substr(path.rfind('\\') + 1); }

// A drive ends in a backslash, or it would mean the drive's current directory.
StatusOr<Handle> OpenParent(const std::string& path) {
  const std::string parent = ParentOf(path) + "\\";
  return OpenPath(parent, FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_SUBDIRECTORY | SYNCHRONIZE, OPEN_EXISTING,
                  FILE_FLAG_BACKUP_SEMANTICS);
}

bool IsDirectory(const std::string& path) {
  const StatusOr<std::wstring> wide = LongPath(path);
  const DWORD attributes = wide.ok() ? GetFileAttributesW(wide->c_str()) : INVALID_FILE_ATTRIBUTES;
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

Status CannotMake(const std::string& path, const Status& why) {
  return absl::FailedPreconditionError(Concat("Cannot make the directory ", path, " on the host: ", Message(why),
                                              "; create it on the host or choose another container_path"));
}

}  // namespace

bool HostItems::IsOurs(const JournalEntry& entry) { return entry.kind == kLink || entry.kind == kDirectory; }

Status HostItems::Link(const std::string& owner, HANDLE parent, const std::string& parent_path,
                       const std::string& name, const std::string& target, bool directory) {
  JournalEntry entry{owner, kLink, Concat(parent_path, "\\", name)};
  RETURN_IF_ERROR(journal_.Write(entry));
  RETURN_IF_ERROR(MakeLinkAt(parent, Wide(name), target, directory));
  ASSIGN_OR_RETURN(const Handle made, OpenAt(parent, Wide(name), FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0));
  const std::optional<Identity> identity = IdentityOf(made.get());
  if (!identity) return LastErrorStatus(Concat("look at ", entry.path));
  entry.device = identity->volume;
  entry.inode = identity->id;
  return journal_.Write(entry);
}

Status HostItems::Directories(const std::string& owner, const std::string& path) {
  if (path.find('\\') == std::string::npos) return absl::OkStatus();  // a drive
  RETURN_IF_ERROR(Directories(owner, ParentOf(path)));
  if (IsDirectory(path)) return TakeShare(owner, path);
  return Make(owner, path, [&]() -> StatusOr<Handle> {
    ASSIGN_OR_RETURN(const Handle parent, OpenParent(path));
    return OpenAt(parent.get(), Wide(NameOf(path)), FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_CREATE,
                  FILE_DIRECTORY_FILE);
  });
}

Status HostItems::ProtectedDirectory(const std::string& owner, const std::string& path) {
  RETURN_IF_ERROR(Directories(owner, ParentOf(path)));
  const auto protect = [&]() -> StatusOr<Handle> {
    RETURN_IF_ERROR(ProtectDirectory(path, OthersMay::kRead));
    return OpenPath(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
  };
  if (!IsDirectory(path)) return Make(owner, path, protect);
  RETURN_IF_ERROR(TakeShare(owner, path));
  return protect().status();
}

Status HostItems::Make(const std::string& owner, const std::string& path,
                       const std::function<StatusOr<Handle>()>& make) {
  JournalEntry entry{owner, kDirectory, path};
  RETURN_IF_ERROR(journal_.Write(entry));
  const StatusOr<Handle> made = make();
  if (!made.ok()) {
    RETURN_IF_ERROR(journal_.Strike(entry.owner, entry.kind, entry.path));
    return CannotMake(path, made.status());
  }
  const std::optional<Identity> identity = IdentityOf(made->get());
  if (!identity) return LastErrorStatus(Concat("look at ", path));
  entry.device = identity->volume;
  entry.inode = identity->id;
  return journal_.Write(entry);
}

Status HostItems::TakeShare(const std::string& owner, const std::string& path) {
  const std::vector<JournalEntry> entries = journal_.ForPath(path);
  const auto theirs = std::ranges::find(entries, kDirectory, &JournalEntry::kind);
  const bool mine = std::ranges::any_of(
      entries, [&](const JournalEntry& entry) { return entry.owner == owner && entry.kind == kDirectory; });
  if (theirs == entries.end() || mine) return absl::OkStatus();
  JournalEntry share = *theirs;
  share.owner = owner;
  return journal_.Write(share);
}

Status HostItems::Undo(const JournalEntry& entry) {
  const std::vector<JournalEntry> entries = journal_.ForPath(entry.path);
  const bool needed = std::ranges::any_of(entries, [&](const JournalEntry& other) {
    return other.owner != entry.owner && other.kind == entry.kind;
  });
  if (!needed) RETURN_IF_ERROR(Remove(entry));
  return journal_.Strike(entry.owner, entry.kind, entry.path);
}

Status HostItems::Remove(const JournalEntry& entry) {
  const StatusOr<Handle> parent = OpenParent(entry.path);
  if (absl::IsNotFound(parent.status())) return absl::OkStatus();
  RETURN_IF_ERROR(parent.status());
  const std::wstring name = Wide(NameOf(entry.path));
  {
    const StatusOr<Handle> thing = OpenAt(parent->get(), name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0);
    // To Wine a link whose target is gone is not there, but it is in the way.
    if (absl::IsNotFound(thing.status()) && entry.kind == kLink && RunsUnderWine())
      return UnlinkOnHost(Wide(entry.path));
    if (absl::IsNotFound(thing.status())) return absl::OkStatus();
    RETURN_IF_ERROR(thing.status());
    const std::optional<Identity> now = IdentityOf(thing->get());
    if (!now || !IsSame(entry, *now)) return absl::OkStatus();
  }
  if (entry.kind == kLink) {
    const Status removed = RemoveLinkAt(parent->get(), name);
    if (absl::IsFailedPrecondition(removed)) return absl::OkStatus();  // no link: not what was made
    return Annotate(removed, Concat("Cannot remove the link ", entry.path));
  }
  ASSIGN_OR_RETURN(const std::wstring path, LongPath(entry.path));
  if (RemoveDirectoryW(path.c_str())) return absl::OkStatus();
  // Used by others now: not ours alone any more.
  const DWORD error = GetLastError();
  log::info("the directory {} stays on the host: {}", entry.path, Message(Win32Status(error, "remove it")));
  return absl::OkStatus();
}

}  // namespace jobpod
