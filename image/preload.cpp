// Importing every archive of a directory at start.
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/file.hpp"
#include "base/log.hpp"
#include "image/disk.hpp"
#include "image/images.hpp"

namespace jobpod {
namespace {

bool IsArchive(const std::string& name) {
  return std::ranges::any_of(std::vector<std::string>{".tar", ".tar.gz", ".tgz", ".tar.zst"},
                             [&](const std::string& end) { return name.ends_with(end); });
}

// Size and time of a file; empty when it cannot be told.
std::string StampOf(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return "";
  const auto time = std::filesystem::last_write_time(path, error);
  return error ? "" : Concat(size, "-", time.time_since_epoch().count());
}

// One line a file: its stamp, its images and its name.
struct Seen {
  std::string stamp, ids;
};
using Memory = std::map<std::string, Seen>;

Memory ReadMemory(const std::string& file) {
  Memory memory;
  std::istringstream lines(ReadFile(file).value_or(""));
  std::string stamp, ids, name;
  while (lines >> stamp >> ids && lines.get() == ' ' && std::getline(lines, name)) memory[name] = {stamp, ids};
  return memory;
}

void WriteMemory(const std::string& file, const Memory& memory) {
  std::string text;
  for (const auto& [name, seen] : memory)
    if (name.find('\n') == std::string::npos) text += Concat(seen.stamp, " ", seen.ids, " ", name, "\n");
  const Status written = WriteFileAtomic(file, text);
  if (!written.ok()) log::warn("{}", Message(written));
}

bool AllPresent(const Images& images, const std::string& ids) {
  std::istringstream list(ids);
  for (std::string id; std::getline(list, id, ',');) {
    const auto found = images.Find(id);
    if (!found.ok() || !*found) return false;
  }
  return true;
}

// The ids with commas between; empty when it failed.
std::string ImportOne(Images& images, const std::string& path, const std::stop_token& stop) {
  const auto ids = images.Import(path, "", stop);
  if (!ids.ok()) {
    log::error("preload: {}", Message(ids.status()));
    return "";
  }
  std::string text;
  for (const std::string& id : *ids) {
    const Status pinned = images.SetPinned(id, true);
    if (!pinned.ok()) log::warn("preload: {}", Message(pinned));
    text += Concat(text.empty() ? "" : ",", id);
  }
  log::info("preloaded {} image(s) from {}", ids->size(), path);
  return text;
}

}  // namespace

void ImportPreloaded(Images& images, const std::string& directory, const std::string& memory,
                     std::stop_token stop) {
  auto listed = ListDirectory(directory);
  if (!listed.ok()) {
    log::error("preload: {}", Message(listed.status()));
    return;
  }
  std::vector<std::string> names = *std::move(listed);
  std::ranges::sort(names);
  const Memory before = ReadMemory(memory);
  Memory after;
  for (const std::string& name : names) {
    if (!IsArchive(name) || stop.stop_requested()) continue;
    const std::string path = Concat(directory, "/", name), stamp = StampOf(path);
    const auto known = before.find(name);
    if (known != before.end() && known->second.stamp == stamp && AllPresent(images, known->second.ids)) {
      after.insert(*known);
      continue;
    }
    const std::string ids = ImportOne(images, path, stop);
    if (!ids.empty() && !stamp.empty()) after[name] = {stamp, ids};
  }
  if (!before.empty() || !after.empty()) WriteMemory(memory, after);
}

}  // namespace jobpod
