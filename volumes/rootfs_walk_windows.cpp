#include "volumes/rootfs_walk_windows.hpp"

#include <winternl.h>

#include <algorithm>

#include "base/file_windows.hpp"
#include "base/link_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr int kMaxLinks = 40;
constexpr ACCESS_MASK kWalk = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY |
                              FILE_READ_ATTRIBUTES | SYNCHRONIZE;

using Names = std::vector<std::wstring>;

bool IsLink(HANDLE file) {
  FILE_ATTRIBUTE_TAG_INFO info{};
  return GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info) &&
         (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

// What is to be walked instead, when the step `names[at]` is a link to `target`.
StatusOr<Names> Redirect(const Names& names, size_t at, const std::wstring& target) {
  Names out(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(at));
  for (size_t from = 0; from < target.size();) {
    const size_t end = std::min(target.find_first_of(L"\\/", from), target.size());
    const std::wstring part = target.substr(from, end - from);
    from = end + 1;
    if (part == L".." && out.empty())
      return absl::InvalidArgumentError(Concat("the image's link ", Utf8(names[at]), " leads out of the rootfs"));
    if (part == L"..") out.pop_back();
    if (!part.empty() && part != L"." && part != L"..") out.push_back(part);
  }
  out.insert(out.end(), names.begin() + static_cast<std::ptrdiff_t>(at) + 1, names.end());
  return out;
}

class Walk {
 public:
  Walk(const Handle& root, Names names) : root_(root), names_(std::move(names)) {}

  StatusOr<RootfsPlace> Run() {
    for (size_t at = 0; at + 1 < names_.size();) {
      ASSIGN_OR_RETURN(Handle next, Enter(names_[at]));
      if (!IsLink(next.get())) {
        current_ = std::move(next);
        ++at;
        continue;
      }
      RETURN_IF_ERROR(Follow(next.get(), at));
      current_.Reset();
      at = 0;
    }
    if (names_.empty()) return absl::InvalidArgumentError("the image's links lead to the rootfs itself");
    if (!current_) {
      ASSIGN_OR_RETURN(current_, Reopen());
    }
    return RootfsPlace{std::move(current_), std::move(names_)};
  }

 private:
  HANDLE Current() const { return current_ ? current_.get() : root_.get(); }

  StatusOr<Handle> Enter(const std::wstring& name) {
    StatusOr<Handle> next = OpenAt(Current(), name, kWalk, FILE_OPEN_IF, FILE_DIRECTORY_FILE);
    if (next.ok()) return next;
    // A file, or a link to one.
    RETURN_IF_ERROR(RemoveTreeAt(Current(), name));
    return OpenAt(Current(), name, kWalk, FILE_CREATE, FILE_DIRECTORY_FILE);
  }

  Status Follow(HANDLE link, size_t at) {
    if (++links_ > kMaxLinks) return absl::InvalidArgumentError("the image's links lead round in circles");
    const StatusOr<std::wstring> target = ReadRelativeLink(link);
    if (!target.ok())
      return absl::InvalidArgumentError(Concat("the image's ", Utf8(names_[at]), " leads out of the rootfs"));
    ASSIGN_OR_RETURN(names_, Redirect(names_, at, *target));
    return absl::OkStatus();
  }

  StatusOr<Handle> Reopen() const {
    HANDLE copy = nullptr;
    if (!DuplicateHandle(GetCurrentProcess(), root_.get(), GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
      return LastErrorStatus("open the rootfs");
    return Handle(copy);
  }

  const Handle& root_;
  Names names_;
  Handle current_;
  int links_ = 0;
};

}  // namespace

StatusOr<RootfsPlace> MakeRootfsParent(const std::string& root, const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const Handle opened, OpenPath(root, kWalk, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
  Names wide;
  for (const std::string& name : names) wide.push_back(Wide(name));
  return Walk(opened, std::move(wide)).Run();
}

Status MakeRootfsDirectory(const RootMount& root, const std::string& path) {
  std::vector<std::string> names;
  for (size_t from = std::min(root.target().size(), path.size()); from < path.size();) {
    const size_t end = std::min(path.find('\\', from), path.size());
    if (end > from) names.push_back(path.substr(from, end - from));
    from = end + 1;
  }
  if (names.empty()) return absl::OkStatus();
  names.push_back("file");  // its parent is what is made
  return MakeRootfsParent(root.upper(), names).status();
}

}  // namespace jobpod
