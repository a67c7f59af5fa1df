#include "image/merged_view_linux.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/file_linux.hpp"
#include "image/overlay_linux.hpp"
#include "image/tar_header.hpp"
#include "image/tree_cursor_linux.hpp"

namespace jobpod {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kMaxLinks = 40;

StatusOr<std::string> ReadLink(int directory, const std::string& name) {
  char target[PATH_MAX];
  const ssize_t size = readlinkat(directory, name.c_str(), target, sizeof target);
  if (size < 0) return ErrnoStatus(errno, "read a symbolic link of the layers below");
  return std::string(target, static_cast<size_t>(size));
}

// One name in the directories `stack` (top first): the directories below it, or what ends the search.
struct Step {
  std::vector<Fd> stack;
  std::optional<MergedView::Sight> end;  // no directory
};

Status TakeDirectory(int parent, const std::string& name, Step& step) {
  Fd found(openat(parent, name.c_str(), kDirectoryFlags));
  if (!found) return ErrnoStatus(errno, "open a directory of the layers below");
  step.stack.push_back(std::move(found));
  return absl::OkStatus();
}

StatusOr<Step> Descend(const std::vector<Fd>& stack, const std::string& name) {
  Step step;
  for (const Fd& directory : stack) {
    struct stat info {};
    if (fstatat(directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      RETURN_IF_ERROR(TakeDirectory(directory.get(), name, step));
      if (IsOpaque(step.stack.back().get())) break;
      continue;
    }
    if (!step.stack.empty() || IsWhiteout(info.st_mode, info.st_rdev)) break;
    step.end.emplace();
    step.end->info = info;
    if (S_ISLNK(info.st_mode)) {
      ASSIGN_OR_RETURN(step.end->link, ReadLink(directory.get(), name));
    }
    break;
  }
  return step;
}

}  // namespace

StatusOr<MergedView> MergedView::Open(const std::vector<std::string>& layers_top_first) {
  MergedView view;
  for (const std::string& layer : layers_top_first) {
    ASSIGN_OR_RETURN(Fd root, OpenFile(layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    view.roots_.push_back(std::move(root));
  }
  return view;
}

StatusOr<std::optional<MergedView::Sight>> MergedView::Look(const PathParts& parts) const {
  std::vector<Fd> owned;
  const std::vector<Fd>* stack = &roots_;
  for (size_t at = 0; at < parts.size(); ++at) {
    ASSIGN_OR_RETURN(Step step, Descend(*stack, parts[at]));
    if (step.end && at + 1 == parts.size()) return std::move(step.end);
    if (step.stack.empty()) return std::optional<Sight>();
    owned = std::move(step.stack);
    stack = &owned;
  }
  if (owned.empty()) return std::optional<Sight>();  // nobody asks for the root
  Sight sight;
  sight.directory = std::move(owned.front());
  if (fstat(sight.directory.get(), &sight.info) != 0) return ErrnoStatus(errno, "look at a directory");
  return std::optional<Sight>(std::move(sight));
}

StatusOr<PathParts> MergedView::Resolve(const PathParts& parts) const {
  PathParts done, pending(parts.rbegin(), parts.rend());
  int links = 0;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    if (std::string_view(name) == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    done.push_back(name);
    ASSIGN_OR_RETURN(const std::optional<Sight> sight, Look(done));
    if (!sight || sight->link.empty()) continue;
    if (++links > kMaxLinks)
      return absl::InvalidArgumentError(Concat("the links at ", Quoted(name), " have no end"));
    sight->link.front() == '/' ? done.clear() : done.pop_back();
    for (std::string& part : ReversedLinkParts(sight->link)) pending.push_back(std::move(part));
  }
  return done;
}

}  // namespace jobpod
