#include "image/layer_writer_linux.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/file_linux.hpp"
#include "image/entry_metadata_linux.hpp"
#include "image/overlay_linux.hpp"

namespace jobpod {
namespace {

Status Refused(std::string_view why) {
  return absl::InvalidArgumentError(std::string(why));
}

// Runs `make`, which answers like a system call; an entry that stands in its place is removed first.
template <typename Make>
Status MakeInPlace(int directory, const std::string& name, std::string_view what, Make make) {
  if (make() == 0) return absl::OkStatus();
  if (errno != EEXIST) return ErrnoStatus(errno, what);
  RETURN_IF_ERROR(RemoveTreeAt(directory, name));
  return make() == 0 ? absl::OkStatus() : ErrnoStatus(errno, what);
}

std::string_view KindOfEntry(const TarEntry& entry) {
  switch (entry.type) {
    case '3':
      return "character device";
    case '4':
      return "block device";
    default:
      return {};
  }
}

Status CheckKind(const TarEntry& entry) {
  if (entry.sparse) return Refused("it is a sparse file in GNU's format; build the image without --sparse");
  if (std::string_view device = KindOfEntry(entry); !device.empty()) {
    return Refused(Concat("it is a ", device, "; device nodes are not unpacked from images"));
  }
  if (std::string_view("01256").find(entry.type) != std::string_view::npos) return absl::OkStatus();
  return Refused(Concat("its type ", Quoted({&entry.type, 1}), " is unknown"));
}

// The path of the directory that the last of `parts` lies in.
std::string ParentOf(const PathParts& parts) {
  std::string path = ".";
  for (size_t at = 0; at + 1 < parts.size(); ++at) path += Concat("/", parts[at]);
  return path;
}

// Windows writes no Unix permissions.
void GivePermissions(TarEntry& entry) {
  if ((entry.mode & 0777) == 0) entry.mode |= 0755;
}

}  // namespace

StatusOr<std::unique_ptr<LayerWriter>> LayerWriter::Open(const std::string& directory, bool windows,
                                                         UnpackBudget& budget) {
  ASSIGN_OR_RETURN(Fd root, OpenFile(directory, O_RDONLY | O_DIRECTORY));
  return std::make_unique<LinuxLayerWriter>(std::move(root), windows, budget);
}

LinuxLayerWriter::LinuxLayerWriter(Fd root, bool windows, UnpackBudget& budget)
    : cursor_(std::move(root)), windows_(windows), budget_(budget) {}

Status LinuxLayerWriter::Finish() {
  RETURN_IF_ERROR(CountInodes());
  if (foreign_ && !known_)
    return Refused("the image says it is for Windows, but its layer has no Files directory; build it for "
                   "--platform windows/amd64 with docker buildx");
  return Annotate(cursor_.Leave(), "finish the layer");
}

// Directories that no entry names count as well: one long path makes hundreds.
Status LinuxLayerWriter::CountInodes() {
  const uint64_t fresh = inodes() - counted_;
  counted_ += fresh;
  return budget_.TakeEntries(fresh);
}

Status LinuxLayerWriter::Write(const TarEntry& entry, TarReader& reader) {
  std::string context = Concat("the layer's entry ", Quoted(entry.path));
  StatusOr<PathParts> parts = SplitLayerPath(entry.path, budget_.limits().max_path);
  if (!parts.ok()) return Annotate(parts.status(), context);
  return Annotate(windows_ ? WriteWindows(entry, *std::move(parts), reader)
                           : WriteAt(entry, *std::move(parts), reader),
                  context);
}

// Attributes, security descriptors and extended attributes (MSWINDOWS.* records) mean nothing on this
// system; the kind of a reparse point does not matter to its target.
Status LinuxLayerWriter::WriteWindows(TarEntry entry, PathParts parts, TarReader& reader) {
  const WindowsPlace place = EnterWindowsLayer(parts);
  (place == WindowsPlace::kForeign ? foreign_ : known_) = true;
  if (place != WindowsPlace::kFiles || IsWindowsStream(parts)) return absl::OkStatus();
  GivePermissions(entry);
  if (entry.type == '2') entry.link = WindowsLinkTarget(entry.link, parts);
  return WriteAt(entry, std::move(parts), reader);
}

Status LinuxLayerWriter::WriteAt(const TarEntry& entry, PathParts parts, TarReader& reader) {
  RETURN_IF_ERROR(CountInodes());
  NameKind kind = parts.empty() ? NameKind::kPlain : ClassifyName(parts.back());
  if (kind == NameKind::kIgnored) return absl::OkStatus();
  if (kind == NameKind::kPlain) RETURN_IF_ERROR(CheckKind(entry));
  if (kind == NameKind::kPlain && entry.type == '5') return WriteDirectory(entry, parts);
  if (parts.empty()) return Refused("it would replace the layer's root");
  ASSIGN_OR_RETURN(int directory, cursor_.Enter(parts, parts.size() - 1));
  if (kind == NameKind::kOpaque) return SetOpaque(directory);
  Place place{directory, std::move(parts.back())};
  if (kind == NameKind::kWhiteout) return WriteWhiteout(place);
  if (entry.type == '1') return WriteHardLink(entry, place);
  ++made_;
  switch (entry.type) {
    case '2':
      return WriteSymlink(entry, place);
    case '6':
      return WriteFifo(entry, place);
    default:
      return WriteFile(entry, place, reader);
  }
}

Status LinuxLayerWriter::WriteDirectory(const TarEntry& entry, const PathParts& parts) {
  if (!parts.empty()) {
    ASSIGN_OR_RETURN(int parent, cursor_.Enter(parts, parts.size() - 1));
    struct stat info {};
    const char* name = parts.back().c_str();
    bool exists = fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
    // The cursor itself replaces whiteouts, and keeps directories.
    if (exists && !S_ISDIR(info.st_mode) && !IsWhiteout(info.st_mode, info.st_rdev) &&
        unlinkat(parent, name, 0) != 0) {
      return ErrnoStatus(errno, "replace it");
    }
  }
  ASSIGN_OR_RETURN(int directory, cursor_.Enter(parts, parts.size()));
  RETURN_IF_ERROR(ApplyMetadata(directory, entry, false));
  cursor_.KeepTime(TimeOf(entry));
  cursor_.MarkNamed();
  return absl::OkStatus();
}

Status LinuxLayerWriter::WriteFile(const TarEntry& entry, const Place& place, TarReader& reader) {
  Fd file;
  RETURN_IF_ERROR(MakeInPlace(place.directory, place.name, "make it", [&] {
    file.Reset(openat(place.directory, place.name.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return file ? 0 : -1;
  }));
  RETURN_IF_ERROR(CopyContent(file.get(), reader));
  disk_bytes_ += entry.size;
  return ApplyMetadata(file.get(), entry, true);
}

Status LinuxLayerWriter::CopyContent(int file, TarReader& reader) {
  for (;;) {
    ASSIGN_OR_RETURN(std::string_view piece, reader.Content());
    if (piece.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(WriteAll(file, piece, "its content"));
  }
}

Status LinuxLayerWriter::WriteSymlink(const TarEntry& entry, const Place& place) {
  if (entry.link.empty() || entry.link.size() >= PATH_MAX) {
    return Refused("it is a symbolic link whose target is empty or too long");
  }
  RETURN_IF_ERROR(MakeInPlace(place.directory, place.name, "make the symbolic link", [&] {
    return symlinkat(entry.link.c_str(), place.directory, place.name.c_str());
  }));
  return ApplyMetadataAt(place.directory, place.name, entry);
}

Status LinuxLayerWriter::WriteFifo(const TarEntry& entry, const Place& place) {
  RETURN_IF_ERROR(MakeInPlace(place.directory, place.name, "make the named pipe",
                              [&] { return mkfifoat(place.directory, place.name.c_str(), 0600); }));
  return ApplyMetadataAt(place.directory, place.name, entry);
}

Status LinuxLayerWriter::WriteHardLink(const TarEntry& entry, const Place& place) {
  std::string what = Concat("link it to ", Quoted(entry.link));
  StatusOr<PathParts> target = SplitLayerPath(entry.link, budget_.limits().max_path);
  if (!target.ok()) return Annotate(target.status(), what);
  if (windows_ && EnterWindowsLayer(*target) != WindowsPlace::kFiles)
    return Refused(Concat(what, ": that is outside Files"));
  if (target->empty()) return Refused(Concat(what, ": that is the layer's root"));
  StatusOr<Fd> parent = OpenInRoot(cursor_.root(), ParentOf(*target), O_PATH | O_DIRECTORY);
  if (!parent.ok()) return Refused(Concat(what, ": the layer has no such file"));
  struct stat old_info {
  }, new_info{};
  const char* name = target->back().c_str();
  if (fstatat(parent->get(), name, &old_info, AT_SYMLINK_NOFOLLOW) != 0) {
    return Refused(Concat(what, ": the layer has no such file"));
  }
  if (S_ISDIR(old_info.st_mode)) return Refused(Concat(what, ": that is a directory"));
  bool same = fstatat(place.directory, place.name.c_str(), &new_info, AT_SYMLINK_NOFOLLOW) == 0 &&
              new_info.st_ino == old_info.st_ino && new_info.st_dev == old_info.st_dev;
  if (same) return absl::OkStatus();
  // Flag 0: the target itself is linked, even when it is a symbolic link.
  return MakeInPlace(place.directory, place.name, what,
                     [&] { return linkat(parent->get(), name, place.directory, place.name.c_str(), 0); });
}

// A whiteout speaks of the layers below only: what this layer itself has at that name stays, and hides
// them entirely.
Status LinuxLayerWriter::WriteWhiteout(const Place& place) {
  ASSIGN_OR_RETURN(std::string name, WhiteoutTarget(place.name));
  struct stat info {};
  if (fstatat(place.directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    ++made_;
    return MakeWhiteout(place.directory, name);
  }
  if (!S_ISDIR(info.st_mode)) return absl::OkStatus();
  cursor_.MarkNew(name);
  Fd directory(openat(place.directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return directory ? SetOpaque(directory.get()) : ErrnoStatus(errno, "open its directory");
}

}  // namespace jobpod
