#include "image/pending_links_windows.hpp"

#include <winternl.h>

#include <algorithm>

#include "base/file_windows.hpp"
#include "base/link_windows.hpp"
#include "base/log.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr int kMaxLinks = 40;
constexpr ACCESS_MASK kWalk = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | SYNCHRONIZE;

// Names differ when they do in more than case, to all of Windows but the file system of the moment.
std::wstring KeyOf(const WidePath& place) {
  std::wstring key;
  for (const std::wstring& name : place) key += L"/" + name;
  CharLowerBuffW(key.data(), static_cast<DWORD>(key.size()));
  return key;
}

// Empty for the root itself.
StatusOr<Handle> OpenParent(HANDLE root, const WidePath& place) {
  Handle current;
  for (size_t at = 0; at + 1 < place.size(); ++at) {
    ASSIGN_OR_RETURN(current,
                     OpenAt(current ? current.get() : root, place[at], kWalk, FILE_OPEN, FILE_DIRECTORY_FILE));
  }
  return current;
}

}  // namespace

void PendingLinks::Add(const WidePath& place, std::wstring target) {
  Remove(place);
  links_[KeyOf(place)] = {place, std::move(target)};
}

void PendingLinks::Remove(const WidePath& place, bool itself_only) {
  if (links_.empty()) return;
  links_.erase(KeyOf(place));
  if (!itself_only) RemoveBelow(place);
}

void PendingLinks::RemoveBelow(const WidePath& place) {
  const std::wstring start = KeyOf(place) + L"/";
  auto end = links_.lower_bound(start);
  const auto begin = end;
  while (end != links_.end() && end->first.starts_with(start)) ++end;
  links_.erase(begin, end);
}

Status PendingLinks::MakeAll(HANDLE root) const {
  for (const auto& [key, link] : links_)
    RETURN_IF_ERROR(Annotate(Make(root, link), Concat("make the symbolic link ", Utf8(key))));
  return absl::OkStatus();
}

// By its text, as Windows does; what would leave the tree stays at its root.
WidePath PendingLinks::Resolve(const Link& link) const {
  WidePath path(link.place.begin(), link.place.end() - 1);
  for (size_t at = 0; at < link.target.size();) {
    const size_t end = std::min(link.target.find(L'/', at), link.target.size());
    const std::wstring part = link.target.substr(at, end - at);
    at = end + 1;
    if (part == L".." && !path.empty()) path.pop_back();
    if (!part.empty() && part != L"." && part != L"..") path.push_back(part);
  }
  return path;
}

PendingLinks::Kind PendingLinks::Look(HANDLE root, const WidePath& path, int depth) const {
  if (path.empty()) return Kind::kDirectory;
  if (const auto link = links_.find(KeyOf(path)); link != links_.end())
    return depth == 0 ? Kind::kMissing : Look(root, Resolve(link->second), depth - 1);
  const StatusOr<Handle> parent = OpenParent(root, path);
  if (!parent.ok()) return Kind::kMissing;
  const HANDLE directory = *parent ? parent->get() : root;
  if (OpenAt(directory, path.back(), FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, FILE_DIRECTORY_FILE).ok())
    return Kind::kDirectory;
  return OpenAt(directory, path.back(), FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0).ok() ? Kind::kFile
                                                                                               : Kind::kMissing;
}

Status PendingLinks::Make(HANDLE root, const Link& link) const {
  ASSIGN_OR_RETURN(const Handle opened, OpenParent(root, link.place));
  const HANDLE parent = opened ? opened.get() : root;
  const Kind kind = Look(root, Resolve(link), kMaxLinks);
  std::wstring target = link.target;
  std::ranges::replace(target, L'/', L'\\');
  const Status made = MakeRelativeLinkAt(parent, link.place.back(), target, kind == Kind::kDirectory);
  return absl::IsUnimplemented(made) ? Substitute(root, link, parent, kind) : made;
}

Status PendingLinks::Substitute(HANDLE root, const Link& link, HANDLE parent, Kind kind) const {
  const WidePath path = Resolve(link);
  if (kind != Kind::kFile || links_.contains(KeyOf(path))) {
    log::warn("the image's link {} to {} is left out: the file system has no links",
              Utf8(link.place.back()), Utf8(link.target));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Handle directory, OpenParent(root, path));
  ASSIGN_OR_RETURN(const Handle file, OpenAt(directory ? directory.get() : root, path.back(),
                                             FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN,
                                             FILE_NON_DIRECTORY_FILE));
  return LinkFileAt(file.get(), parent, link.place.back());
}

}  // namespace jobpod
