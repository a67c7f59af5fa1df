#include "image/layer_writer_windows.hpp"

#include <winternl.h>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "image/entry_metadata_windows.hpp"
#include "image/file_clone_windows.hpp"
#include "image/layer_mark_windows.hpp"
#include "image/tar_header.hpp"
#include "base/windows_name.hpp"

namespace jobpod {
namespace {

constexpr ACCESS_MASK kNewFile = FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
constexpr size_t kMaxTarget = 4096;

Status Refused(std::string_view why) { return absl::InvalidArgumentError(std::string(why)); }

Status CheckKind(const TarEntry& entry) {
  if (entry.sparse) return Refused("it is a sparse file in GNU's format; build the image without --sparse");
  if (entry.type == '3' || entry.type == '4')
    return Refused("it is a device; device nodes are not unpacked from images");
  if (entry.type == '6') return Refused("it is a named pipe, which Windows has not among its files");
  if (std::string_view("0125").find(entry.type) != std::string_view::npos) return absl::OkStatus();
  return Refused(Concat("its type ", Quoted({&entry.type, 1}), " is unknown"));
}

// Only the last part of an entry's path may be a mark, and only as the archive spells it: anywhere else, and in other
// letters, the name would be found where a mark is looked for.
Status CheckNames(const PathParts& parts, bool last_is_mark) {
  for (size_t at = 0; at < parts.size(); ++at) {
    RETURN_IF_ERROR(CheckWindowsName(parts[at]));
    if (LooksLikeMark(Wide(parts[at])) && !(last_is_mark && at + 1 == parts.size()))
      return Refused(Concat("its part ", Quoted(parts[at]), " begins as only the mark of a whiteout may"));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<LayerWriter>> LayerWriter::Open(const std::string& directory, bool windows,
                                                         UnpackBudget& budget) {
  ASSIGN_OR_RETURN(Handle root, OpenPath(directory, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING,
                                         FILE_FLAG_BACKUP_SEMANTICS));
  return std::make_unique<WindowsLayerWriter>(std::move(root), windows, budget);
}

Status WindowsLayerWriter::Finish() {
  RETURN_IF_ERROR(CountInodes());
  if (foreign_ && !known_)
    return Refused("the image says it is for Windows, but its layer has no Files directory; build it for "
                   "--platform windows/amd64 with docker buildx");
  return Annotate(cursor_.Leave(), "finish the layer");
}

// Directories that no entry names count as well: one long path makes hundreds.
Status WindowsLayerWriter::CountInodes() {
  const uint64_t fresh = inodes() - counted_;
  counted_ += fresh;
  return budget_.TakeEntries(fresh);
}

Status WindowsLayerWriter::Write(const TarEntry& entry, TarReader& reader) {
  return Annotate(Place(entry, reader), Concat("the layer's entry ", Quoted(entry.path)));
}

// Security descriptors and extended attributes (MSWINDOWS.* records) are the image's own system's; alternate
// streams are left out.
Status WindowsLayerWriter::Place(TarEntry entry, TarReader& reader) {
  ASSIGN_OR_RETURN(PathParts parts, SplitLayerPath(entry.path, budget_.limits().max_path));
  if (windows_) {
    const WindowsPlace place = EnterWindowsLayer(parts);
    (place == WindowsPlace::kForeign ? foreign_ : known_) = true;
    if (place != WindowsPlace::kFiles || IsWindowsStream(parts)) return absl::OkStatus();
  }
  if (entry.type == '2') entry.link = WindowsLinkTarget(entry.link, parts);
  return WriteAt(entry, parts, reader);
}

Status WindowsLayerWriter::WriteAt(const TarEntry& entry, const PathParts& parts, TarReader& reader) {
  RETURN_IF_ERROR(CountInodes());
  const NameKind kind = parts.empty() ? NameKind::kPlain : ClassifyName(parts.back());
  if (kind == NameKind::kIgnored) return absl::OkStatus();
  RETURN_IF_ERROR(CheckNames(parts, kind != NameKind::kPlain));
  if (kind == NameKind::kPlain) RETURN_IF_ERROR(CheckKind(entry));
  if (kind == NameKind::kPlain && entry.type == '5') return WriteDirectory(entry, parts);
  if (parts.empty()) return Refused("it would replace the layer's root");
  ASSIGN_OR_RETURN(const HANDLE directory, cursor_.Enter(parts, parts.size() - 1));
  const std::string& name = parts.back();
  if (kind == NameKind::kWhiteout) RETURN_IF_ERROR(WhiteoutTarget(name).status());
  if (kind != NameKind::kPlain) return WriteMarkOf(directory, Wide(name), "");
  if (entry.type == '1') return WriteHardLink(entry, directory, name);
  if (entry.type == '0') return WriteFile(entry, directory, name, reader);
  if (entry.link.empty() || entry.link.size() > kMaxTarget)
    return Refused("it is a symbolic link whose target is empty or too long");
  RETURN_IF_ERROR(MakeRoom(directory, name));
  linked_ = true;
  return WriteMarkOf(directory, std::wstring(kLinkMark) + Wide(name), entry.link);
}

Status WindowsLayerWriter::WriteMarkOf(HANDLE directory, const std::wstring& name, std::string_view content) {
  ++made_;
  return WriteMark(directory, name, content);
}

Status WindowsLayerWriter::WriteDirectory(const TarEntry& entry, const PathParts& parts) {
  if (!parts.empty()) {
    ASSIGN_OR_RETURN(const HANDLE parent, cursor_.Enter(parts, parts.size() - 1));
    const std::wstring name = Wide(parts.back());
    const bool file =
        OpenAt(parent, name, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, FILE_NON_DIRECTORY_FILE).ok();
    // That an earlier entry made.
    if (file) RETURN_IF_ERROR(MakeRoom(parent, parts.back()));
    RETURN_IF_ERROR(TakeLinkAway(parent, parts.back()));
  }
  RETURN_IF_ERROR(cursor_.Enter(parts, parts.size()).status());
  cursor_.KeepTime(WindowsTimeOf(entry));
  return absl::OkStatus();
}

// What an earlier entry of the same layer put there gives way, as long as it has the very name.
Status WindowsLayerWriter::MakeRoom(HANDLE directory, const std::string& name) {
  const std::wstring wide = Wide(name);
  std::wstring stored;
  {
    const StatusOr<Handle> there = OpenAt(directory, wide, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0);
    if (absl::IsNotFound(there.status())) return absl::OkStatus();
    RETURN_IF_ERROR(there.status());
    stored = StoredName(there->get());
  }
  if (stored != wide)
    return Refused(Concat("its name differs from the layer's ", Quoted(Utf8(stored)),
                          " only in case, and Windows cannot have both"));
  return RemoveTreeAt(directory, wide);
}

// A link that an earlier entry of the same layer made is a mark beside the name.
Status WindowsLayerWriter::TakeLinkAway(HANDLE directory, const std::string& name) {
  return linked_ ? RemoveTreeAt(directory, std::wstring(kLinkMark) + Wide(name)) : absl::OkStatus();
}

StatusOr<Handle> WindowsLayerWriter::MakeFile(HANDLE directory, const std::string& name) {
  StatusOr<Handle> file = OpenAt(directory, Wide(name), kNewFile, FILE_CREATE, FILE_NON_DIRECTORY_FILE);
  if (absl::IsAlreadyExists(file.status())) {
    RETURN_IF_ERROR(MakeRoom(directory, name));
    file = OpenAt(directory, Wide(name), kNewFile, FILE_CREATE, FILE_NON_DIRECTORY_FILE);
  }
  if (file.ok()) ++made_;
  return file;
}

Status WindowsLayerWriter::WriteFile(const TarEntry& entry, HANDLE directory, const std::string& name,
                                     TarReader& reader) {
  RETURN_IF_ERROR(TakeLinkAway(directory, name));
  ASSIGN_OR_RETURN(const Handle file, MakeFile(directory, name));
  for (;;) {
    ASSIGN_OR_RETURN(const std::string_view piece, reader.Content());
    if (piece.empty()) break;
    RETURN_IF_ERROR(WriteAll(file.get(), piece, "its content"));
  }
  disk_bytes_ += entry.size;
  return ApplyMetadata(file.get(), entry);
}

Status WindowsLayerWriter::WriteHardLink(const TarEntry& entry, HANDLE directory, const std::string& name) {
  const std::string what = Concat("link it to ", Quoted(entry.link));
  StatusOr<PathParts> target = SplitLayerPath(entry.link, budget_.limits().max_path);
  if (!target.ok()) return Annotate(target.status(), what);
  if (windows_ && EnterWindowsLayer(*target) != WindowsPlace::kFiles)
    return Refused(Concat(what, ": that is outside Files"));
  if (target->empty()) return Refused(Concat(what, ": that is the layer's root"));
  RETURN_IF_ERROR(Annotate(CheckNames(*target, false), what));
  const StatusOr<Handle> parent = OpenDirectoryBelow(cursor_.root(), *target, target->size() - 1);
  if (!parent.ok()) return Refused(Concat(what, ": the layer has no such file"));
  const StatusOr<Handle> file = OpenAt(*parent ? parent->get() : cursor_.root(), Wide(target->back()),
                                       FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE,
                                       FILE_OPEN, FILE_NON_DIRECTORY_FILE);
  if (!file.ok()) return Refused(Concat(what, ": the layer has no such file"));
  {
    const StatusOr<Handle> same =
        OpenAt(directory, Wide(name), FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN, 0);
    if (same.ok() && IsSameFile(same->get(), file->get())) return absl::OkStatus();
  }
  RETURN_IF_ERROR(MakeRoom(directory, name));
  RETURN_IF_ERROR(TakeLinkAway(directory, name));
  const Status linked = linker_(file->get(), directory, Wide(name));
  return absl::IsUnimplemented(linked) ? CopyInstead(file->get(), directory, name) : linked;
}

// ReFS before Windows Server 2022 has no hard links.
Status WindowsLayerWriter::CopyInstead(HANDLE file, HANDLE directory, const std::string& name) {
  FILE_BASIC_INFO info{};
  LARGE_INTEGER size{};
  if (!GetFileSizeEx(file, &size) || !GetFileInformationByHandleEx(file, FileBasicInfo, &info, sizeof info))
    return LastErrorStatus("look at the file it is a link to");
  const uint64_t bytes = static_cast<uint64_t>(size.QuadPart);
  RETURN_IF_ERROR(budget_.TakeBytes(bytes));
  ASSIGN_OR_RETURN(const Handle made, MakeFile(directory, name));
  RETURN_IF_ERROR(FileCloner().Copy(file, made.get(), bytes));
  disk_bytes_ += bytes;
  if (SetFileInformationByHandle(made.get(), FileBasicInfo, &info, sizeof info)) return absl::OkStatus();
  return LastErrorStatus("set the copy's time");
}

}  // namespace jobpod
