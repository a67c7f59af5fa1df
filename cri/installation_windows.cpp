#include "cri/installation_windows.hpp"

#include <windows.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/owner_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/config.hpp"
#include "cri/config_file.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kDefaultData = "C:\\ProgramData\\jobpod";
constexpr size_t kMaxConfig = 1u << 20;

StatusOr<std::string> FullPath(const std::string& path) {
  std::error_code error;
  std::filesystem::path full = std::filesystem::absolute(Wide(path), error).lexically_normal();
  if (path.empty() || error) return absl::InvalidArgumentError(Concat("\"", path, "\" is not a directory's path"));
  if (!full.has_filename()) full = full.parent_path();  // it ended in a backslash
  if (full.has_relative_path()) return Utf8(full.wstring());
  return absl::InvalidArgumentError(Concat(path, " is a whole volume; name a directory of Jobpod's own"));
}

// A library that somebody has put beside the programs would be loaded by them.
Status CheckPrograms(const std::string& directory) {
  ASSIGN_OR_RETURN(const Handle opened, OpenDirectory(directory));
  ASSIGN_OR_RETURN(const auto entries, ListEntries(opened.get()));
  for (const DirectoryEntry& entry : entries) {
    const std::string path = Below(directory, Utf8(entry.name));
    ASSIGN_OR_RETURN(const Handle file, OpenAt(opened.get(), entry.name, READ_CONTROL | SYNCHRONIZE, 1 /* FILE_OPEN */, 0));
    RETURN_IF_ERROR(CheckOwner(file.get(), SE_FILE_OBJECT, path));
    RETURN_IF_ERROR(CheckWriters(file.get(), path));
  }
  return absl::OkStatus();
}

std::string ConfigFor(const std::string& data) {
  std::string text = DefaultConfigText();
  for (size_t at = 0; (at = text.find(kDefaultData, at)) != text.npos; at += data.size())
    text.replace(at, kDefaultData.size(), data);
  return text;
}

Status PrepareConfig(const std::string& data) {
  const std::string file = Below(data, "config.toml");
  const Status there = ReadConfigFile(file, kMaxConfig).status();
  if (!absl::IsNotFound(there)) return there;
  const std::string text = ConfigFor(data);
  DaemonConfig parsed;
  RETURN_IF_ERROR(Annotate(ParseConfig(text, file, parsed), "a configuration for this directory cannot be written"));
  return WriteFileAtomic(file, text, 0600);
}

}  // namespace

Status PrepareInstallation(const InstallationPlaces& places) {
  ASSIGN_OR_RETURN(const std::string programs, FullPath(places.programs));
  ASSIGN_OR_RETURN(const std::string data, FullPath(places.data));
  RETURN_IF_ERROR(ProtectDirectory(programs, OthersMay::kRead));
  RETURN_IF_ERROR(CheckPrograms(programs));
  for (const char* name : {"", "root", "root\\preload", "state", "logs", "registry.d"})
    RETURN_IF_ERROR(ProtectDirectory(*name ? Below(data, name) : data, OthersMay::kNothing));
  return PrepareConfig(data);
}

Status EraseData(const std::string& data) {
  ASSIGN_OR_RETURN(const std::string path, FullPath(data));
  if (!PathExists(path)) return absl::OkStatus();
  if (PathExists(Below(path, "config.toml")) && PathExists(Below(path, "root"))) return RemoveTree(path);
  return absl::FailedPreconditionError(
      Concat(path, " has no config.toml and no directory root: it is not what service prepare has made, and stays"));
}

}  // namespace jobpod
