#include "image/layer_bridge.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <memory>
#include <optional>
#include <set>

#include "base/file_linux.hpp"
#include "image/entry_metadata_linux.hpp"
#include "image/merged_view_linux.hpp"
#include "image/overlay_linux.hpp"
#include "image/tar_header.hpp"
#include "image/tree_cursor_linux.hpp"

namespace jobpod {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr size_t kMaxDepth = 512;

std::string Join(const PathParts& parts) {
  std::string path;
  for (const std::string& part : parts) path += path.empty() ? part : Concat("/", part);
  return path;
}

PathParts With(PathParts parts, const std::string& name) {
  parts.push_back(name);
  return parts;
}

bool SameOwnerAndMode(const struct stat& one, const struct stat& other) {
  return one.st_uid == other.st_uid && one.st_gid == other.st_gid && one.st_mode == other.st_mode;
}

class Bridge {
 public:
  static StatusOr<Bridge> Open(const BridgeRequest& request, const std::stop_token& stop) {
    Bridge bridge(stop);
    ASSIGN_OR_RETURN(bridge.layer_, OpenFile(request.layer, kDirectoryFlags));
    ASSIGN_OR_RETURN(bridge.lower_, MergedView::Open(request.lower));
    bridge.implied_.insert(request.implied.begin(), request.implied.end());
    return bridge;
  }

  // Parents come before their children, so that what a link takes along is passed over.
  StatusOr<bool> Run(Fd out) {
    out_ = std::move(out);
    bool any = false;
    std::string moved = "\n";  // no path of a directory starts so
    for (const std::string& path : implied_) {
      RETURN_IF_ERROR(CheckStop());
      if (path.starts_with(moved)) continue;
      ASSIGN_OR_RETURN(const PathParts parts, SplitLayerPath(path, PATH_MAX));
      ASSIGN_OR_RETURN(const Verdict verdict, Judge(parts));
      if (verdict == Verdict::kFine) continue;
      any = true;
      if (!out_) return true;
      if (verdict == Verdict::kOther) {
        RETURN_IF_ERROR(Skeleton(parts).status());
        continue;
      }
      moved = Concat(path, "/");
      RETURN_IF_ERROR(Annotate(PutLink(parts), Concat("put the link ", Quoted(path), " back")));
    }
    RETURN_IF_ERROR(out_ ? SetTimes() : absl::OkStatus());
    return any;
  }

 private:
  enum class Verdict { kFine, kOther, kLink };

  explicit Bridge(std::stop_token stop) : stop_(std::move(stop)) {}

  // Asked once for each name: what is to be moved may be large.
  Status CheckStop() const {
    return stop_.stop_requested() ? absl::CancelledError("cancelled") : absl::OkStatus();
  }

  // A directory of the layer, or nothing; also nothing below one that hides all that is below it.
  StatusOr<Fd> OwnDirectory(const PathParts& parts) const {
    Fd current(openat(layer_.get(), ".", kDirectoryFlags));
    for (size_t at = 0; current && at < parts.size(); ++at) {
      if (IsOpaque(current.get())) return Fd();
      current.Reset(openat(current.get(), parts[at].c_str(), kDirectoryFlags));
    }
    return current;
  }

  StatusOr<Verdict> Judge(const PathParts& parts) const {
    ASSIGN_OR_RETURN(const Fd own, OwnDirectory(parts));
    if (!own) return Verdict::kFine;
    ASSIGN_OR_RETURN(const auto below, lower_.Look(parts));
    if (!below) return Verdict::kFine;
    if (!below->link.empty()) return Verdict::kLink;
    if (!below->directory) return Verdict::kFine;
    struct stat info {};
    if (fstat(own.get(), &info) != 0) return ErrnoStatus(errno, "look at a directory of the layer");
    const auto own_xattrs = MetadataOf(info, own.get()).xattrs;
    const auto xattrs = MetadataOf(below->info, below->directory.get()).xattrs;
    const bool same = SameOwnerAndMode(info, below->info) && own_xattrs == xattrs;
    return same ? Verdict::kFine : Verdict::kOther;
  }

  // The directory in the bridge, made with its parents, each as it should look on top of the layer.
  StatusOr<Fd> Skeleton(const PathParts& parts) {
    Fd current(openat(out_.get(), ".", kDirectoryFlags));
    for (size_t at = 0; current && at < parts.size(); ++at) {
      Fd next(openat(current.get(), parts[at].c_str(), kDirectoryFlags));
      if (!next) {
        const PathParts place(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        ASSIGN_OR_RETURN(const TarEntry look, LookOf(place));
        ASSIGN_OR_RETURN(next, Make(current.get(), place, look));
      }
      current = std::move(next);
    }
    if (!current) return ErrnoStatus(errno, Concat("open ", Quoted(Join(parts))));
    return current;
  }

  // What a directory is like at `place`: the layer's own word, else what is below, else the default.
  StatusOr<TarEntry> LookOf(const PathParts& place) const {
    struct stat info {};
    ASSIGN_OR_RETURN(const Fd own, OwnDirectory(place));
    if (own && !implied_.contains(Join(place)) && fstat(own.get(), &info) == 0)
      return MetadataOf(info, own.get());
    ASSIGN_OR_RETURN(const auto below, lower_.Look(place));
    if (below && below->directory) return MetadataOf(below->info, below->directory.get());
    TarEntry plain;
    plain.mode = 0755;
    return plain;
  }

  StatusOr<Fd> Make(int parent, const PathParts& place, const TarEntry& look) {
    const char* name = place.back().c_str();
    if (mkdirat(parent, name, 0700) != 0) return ErrnoStatus(errno, Concat("make ", Quoted(Join(place))));
    Fd made(openat(parent, name, kDirectoryFlags));
    if (!made) return ErrnoStatus(errno, Concat("open ", Quoted(Join(place))));
    RETURN_IF_ERROR(ApplyMetadata(made.get(), look, false));
    times_.emplace_back(place, TimeOf(look));
    return made;
  }

  // The link that the layer's directory hides, and what is in that directory where the link leads.
  Status PutLink(const PathParts& parts) {
    ASSIGN_OR_RETURN(const auto below, lower_.Look(parts));
    ASSIGN_OR_RETURN(const Fd parent, Skeleton({parts.begin(), parts.end() - 1}));
    if (symlinkat(below->link.c_str(), parent.get(), parts.back().c_str()) != 0)
      return ErrnoStatus(errno, "make the symbolic link");
    RETURN_IF_ERROR(ApplyMetadataAt(parent.get(), parts.back(), MetadataOf(below->info, -1)));
    return Move(parts, parts);
  }

  // Shows the layer's directory `from` at `to`, which may lead through links of the layers below.
  Status Move(const PathParts& from, const PathParts& to) {
    if (from.size() > kMaxDepth) return absl::InvalidArgumentError("it is nested too deep");
    ASSIGN_OR_RETURN(const PathParts place, lower_.Resolve(to));
    ASSIGN_OR_RETURN(const Fd target, Skeleton(place));
    ASSIGN_OR_RETURN(Fd source, OpenDirectoryNoFollow(layer_.get(), from, from.size()));
    const int directory = source.get();
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(directory), closedir);
    if (!stream) return ErrnoStatus(errno, "list the layer's directory");
    source.Release();
    while (const dirent* entry = readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      RETURN_IF_ERROR(MoveEntry(directory, With(from, name), target.get(), With(place, name)));
    }
    return absl::OkStatus();
  }

  Status MoveEntry(int source, const PathParts& from, int target, const PathParts& to) {
    RETURN_IF_ERROR(CheckStop());
    const char* name = from.back().c_str();
    struct stat info {};
    if (fstatat(source, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return ErrnoStatus(errno, "look at a file");
    const bool implied = implied_.contains(Join(from));
    if (S_ISDIR(info.st_mode) && implied) return Move(from, to);
    if (S_ISDIR(info.st_mode)) return MoveDirectory(source, from, target, to);
    RETURN_IF_ERROR(RemoveTreeAt(target, name));
    if (linkat(source, name, target, name, 0) == 0) return absl::OkStatus();
    return ErrnoStatus(errno, Concat("link ", Quoted(Join(to))));
  }

  // One that the layer names: it takes the place of whatever is below.
  Status MoveDirectory(int source, const PathParts& from, int target, const PathParts& to) {
    const Fd own(openat(source, from.back().c_str(), kDirectoryFlags));
    struct stat info {};
    if (!own || fstat(own.get(), &info) != 0) return ErrnoStatus(errno, "open a directory of the layer");
    RETURN_IF_ERROR(RemoveTreeAt(target, to.back()));
    ASSIGN_OR_RETURN(const Fd made, Make(target, to, MetadataOf(info, own.get())));
    if (IsOpaque(own.get())) RETURN_IF_ERROR(SetOpaque(made.get()));
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(dup(own.get())), closedir);
    if (!stream) return ErrnoStatus(errno, "list the layer's directory");
    while (const dirent* entry = readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      RETURN_IF_ERROR(MoveEntry(own.get(), With(from, name), made.get(), With(to, name)));
    }
    return absl::OkStatus();
  }

  // Last of all: what is made in a directory changes its time.
  Status SetTimes() const {
    for (const auto& [place, time] : times_) {
      const timespec both[2] = {time, time};
      StatusOr<Fd> directory = OpenDirectoryNoFollow(out_.get(), place, place.size());
      if (directory.ok() && futimens(directory->get(), both) != 0) return ErrnoStatus(errno, "set a time");
    }
    return absl::OkStatus();
  }

  std::stop_token stop_;
  Fd layer_, out_;
  MergedView lower_;
  std::set<std::string> implied_;
  std::vector<std::pair<PathParts, timespec>> times_;
};

}  // namespace

StatusOr<bool> NeedsBridge(const BridgeRequest& request, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(Bridge bridge, Bridge::Open(request, stop));
  return bridge.Run(Fd());
}

Status BuildBridge(const BridgeRequest& request, const std::string& directory, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(Bridge bridge, Bridge::Open(request, stop));
  ASSIGN_OR_RETURN(Fd out, OpenFile(directory, kDirectoryFlags));
  return Annotate(bridge.Run(std::move(out)).status(),
                  Concat("fit layer ", request.layer, " to those below"));
}

}  // namespace jobpod
