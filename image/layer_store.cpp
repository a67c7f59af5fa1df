#include "image/layer_store.hpp"

#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "image/digest.hpp"
#include "image/disk.hpp"
#include "image/layer_record.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kWindows = "-windows", kBridge = "-bridge", kBlob = ".blob", kAside = ".trash-";
constexpr size_t kTagSize = 16;  // random, at the end of names aside

void RemoveOrLog(const std::string& path) {
  const Status removed = RemoveTree(path);
  if (!removed.ok()) log::warn("{}", Message(removed));
}

// The layer that a name in the directory belongs to; another text when to none.
std::string KeyOf(std::string name) {
  for (std::string_view end : {kLayerRecordEnd, kBlob})
    if (name.ends_with(end)) name.resize(name.size() - end.size());
  if (!name.starts_with(kAside) || name.size() < kAside.size() + 1 + kTagSize) return name;
  return name.substr(kAside.size(), name.size() - kAside.size() - 1 - kTagSize);
}

}  // namespace

std::string LayerKey(const std::string& diff_id, bool windows) {
  return Concat(DigestHex(diff_id), windows ? kWindows : "");
}

bool IsLayerKey(const std::string& text) {
  const std::string_view rest = std::string_view(text).substr(std::min<size_t>(text.size(), 64));
  return text.size() >= 64 && IsIdOrPrefix(text.substr(0, 64)) && (rest.empty() || rest == kWindows || rest == kBridge);
}

std::string BridgeKey(const std::vector<std::string>& chain) {
  std::string text;
  for (const std::string& key : chain) text += Concat(key, "\n");
  return Concat(DigestHex(DigestOf(text)), kBridge);
}

std::vector<std::string> LayerKeys(const Image& image) {
  if (!image.layers.empty()) return image.layers;
  std::vector<std::string> out;
  for (const std::string& id : image.diff_ids) out.push_back(LayerKey(id, image.config.os == "windows"));
  return out;
}

StatusOr<LayerSize> MeasureLayer(const std::string& directory) {
  ASSIGN_OR_RETURN(const FilesystemUsage usage, MeasureContent(directory));
  std::error_code error;
  const uint64_t blob = std::filesystem::file_size(LayerStore::BlobOf(directory), error);
  return LayerSize{usage.used_bytes + (error ? 0 : blob), usage.inodes_used + (error ? 0 : 1)};
}

LayerPins::LayerPins(LayerPins&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)), keys_(std::move(other.keys_)), user_(other.user_) {}

LayerPins& LayerPins::operator=(LayerPins&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  store_ = std::exchange(other.store_, nullptr);
  keys_ = std::move(other.keys_);
  user_ = other.user_;
  return *this;
}

LayerPins::~LayerPins() {
  Drop();
}

void LayerPins::Add(LayerPins other) {
  if (other.store_ == nullptr) return;
  store_ = std::exchange(other.store_, nullptr);
  keys_.insert(keys_.end(), other.keys_.begin(), other.keys_.end());
}

void LayerPins::Drop() {
  if (store_ != nullptr) store_->Unpin(keys_, user_);
  store_ = nullptr;
}

LayerStore::LayerStore(const std::string& root, std::map<std::string, LayerSize> present, bool keep_blobs)
    : directory_(Concat(root, "/layers")), keep_blobs_(keep_blobs), present_(std::move(present)) {
  for (const auto& [key, size] : present_) {
    total_.disk_bytes += size.disk_bytes;
    total_.inodes += size.inodes;
    unchecked_.insert(key);
  }
}

std::string LayerStore::Path(const std::string& key) const {
  return Concat(directory_, "/", key);
}

std::string LayerStore::BlobOf(const std::string& directory) {
  return Concat(directory, kBlob);
}

StatusOr<std::vector<std::string>> LayerStore::Implied(const std::string& key) {
  auto record = ReadLayerRecord(Path(key));
  if (record.ok()) return std::move(record->implied);
  if (absl::IsDataLoss(record.status())) {
    {
      const std::lock_guard lock(mutex_);
      if (!ReadLayerRecord(Path(key)).ok()) DropLocked(key);  // nobody has made it anew meanwhile
    }
    RemoveAside(key);
  }
  return Annotate(record.status(), Concat("layer ", key, " is not usable and is fetched again by the next pull"));
}

Status LayerStore::Check(const std::vector<std::string>& keys) {
  Status first;
  for (const std::string& key : keys) {
    const Status checked = CheckOne(key);
    if (first.ok()) first = checked;
  }
  return first;
}

Status LayerStore::CheckOne(const std::string& key) {
  const Status checked = Compare(key);
  if (!checked.ok()) RemoveAside(key);
  return checked;
}

// Two threads may look at the same layer; the second finds it gone from the list or moved.
Status LayerStore::Compare(const std::string& key) {
  LayerSize known;
  {
    const std::lock_guard lock(mutex_);
    if (!unchecked_.contains(key)) return absl::OkStatus();
    known = present_[key];
  }
  const auto found = MeasureLayer(Path(key));
  const std::lock_guard lock(mutex_);
  if (unchecked_.erase(key) == 0) return absl::OkStatus();
  if (found.ok() && *found == known) return absl::OkStatus();
  DropLocked(key);
  return absl::DataLossError(Concat("layer ", key, " is damaged: ", known.inodes, " files with ",
                                    known.disk_bytes, " bytes were unpacked, ",
                                    found.ok() ? Concat(found->inodes, " with ", found->disk_bytes)
                                               : std::string("none"),
                                    " are left"));
}

LayerPins LayerStore::Pin(std::vector<std::string> keys, LayerUser user) {
  const std::lock_guard lock(mutex_);
  return PinLocked(std::move(keys), user);
}

StatusOr<LayerPins> LayerStore::PinPresent(std::vector<std::string> keys, LayerUser user) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys)
    if (!present_.contains(key)) return absl::NotFoundError(Concat("layer ", key, " is not there any more"));
  return PinLocked(std::move(keys), user);
}

LayerPins LayerStore::PinLocked(std::vector<std::string> keys, LayerUser user) {
  for (const std::string& key : keys) {
    ++pins_[key];
    if (user == LayerUser::kContainer) ++users_[key];
  }
  return LayerPins(this, std::move(keys), user);
}

bool LayerStore::Has(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return present_.contains(key);
}

// So that a new pull of the layer need not wait for its removal, and who runs on it still can.
void LayerStore::MoveAsideLocked(const std::string& key) {
  const std::string aside = Path(Concat(kAside, key, "-", NewId().substr(0, kTagSize)));
  for (const auto& [from, to] : {std::pair(Path(key), aside), std::pair(BlobPath(key), BlobOf(aside))})
    if (PathExists(from) && RenamePath(from, to).ok()) aside_[key].push_back(to);
  RemoveOrLog(LayerRecordPath(Path(key)));
}

void LayerStore::DropLocked(const std::string& key) {
  MoveAsideLocked(key);
  const auto found = present_.find(key);
  if (found == present_.end()) return;
  total_.disk_bytes -= found->second.disk_bytes;
  total_.inodes -= found->second.inodes;
  present_.erase(found);
  unchecked_.erase(key);
}

// What was moved aside, when no container runs on it.
void LayerStore::RemoveAside(const std::string& key) {
  std::vector<std::string> trash;
  {
    const std::lock_guard lock(mutex_);
    if (!removing_ || users_.contains(key)) return;
    if (auto aside = aside_.extract(key)) trash = std::move(aside.mapped());
  }
  for (const std::string& path : trash) RemoveOrLog(path);
}

void LayerStore::Unpin(const std::vector<std::string>& keys, LayerUser user) {
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& key : keys) {
      if (user == LayerUser::kContainer && --users_[key] == 0) users_.erase(key);
      if (--pins_[key] > 0) continue;
      pins_.erase(key);
      if (removing_) DropLocked(key);
    }
  }
  for (const std::string& key : keys) RemoveAside(key);
}

StatusOr<LayerSize> LayerStore::Build(const std::string& key, const BuildFunction& build) {
  const std::string partial = Path(Concat(".partial-", NewId().substr(0, kTagSize)));
  RETURN_IF_ERROR(MakeDirectories(partial, 0755));
  ScopeExit undo([&] {
    for (const std::string& path : {partial, BlobOf(partial), LayerRecordPath(partial)}) RemoveOrLog(path);
  });
  LayerRecord record;
  ASSIGN_OR_RETURN(record.implied, build(partial));
  ASSIGN_OR_RETURN(record.size, MeasureLayer(partial));
  RETURN_IF_ERROR(WriteFileAtomic(LayerRecordPath(partial), FormatLayerRecord(record)));
  {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(Place(partial, key));
    undo.Release();
    present_[key] = record.size;
    total_.disk_bytes += record.size.disk_bytes;
    total_.inodes += record.size.inodes;
  }
  RemoveAside(key);
  return record.size;
}

// A tree that is there already is none that counts: a container of an earlier run holds it.
Status LayerStore::Place(const std::string& partial, const std::string& key) {
  if (PathExists(Path(key))) MoveAsideLocked(key);
  RenamePath(BlobOf(partial), BlobPath(key)).IgnoreError();  // when there is one
  RETURN_IF_ERROR(RenamePath(LayerRecordPath(partial), LayerRecordPath(Path(key))));
  return RenamePath(partial, Path(key));
}

StatusOr<LayerSize> LayerStore::Ensure(const std::string& key, const BuildFunction& build,
                                       std::stop_token stop) {
  {
    std::unique_lock lock(mutex_);
    if (!built_.wait(lock, stop, [&] { return !building_.contains(key); }))
      return absl::CancelledError("cancelled");
    if (const auto found = present_.find(key); found != present_.end()) return found->second;
    building_.insert(key);
  }
  const ScopeExit done([&] {
    const std::lock_guard lock(mutex_);
    building_.erase(key);
    built_.notify_all();
  });
  return Build(key, build);
}

void LayerStore::Sweep() {
  std::vector<std::string> paths;
  const auto names = ListDirectory(directory_);
  if (!names.ok()) log::warn("leftovers of layers stay: {}", Message(names.status()));
  {
    const std::lock_guard lock(mutex_);
    aside_.clear();
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
      const std::string key = KeyOf(name);
      const bool aside = name.starts_with(kAside);
      if (!(aside ? users_ : pins_).contains(key)) paths.push_back(Path(name));
      else if (aside) aside_[key].push_back(Path(name));
    }
    removing_ = true;
    std::erase_if(present_, [&](const auto& entry) { return !pins_.contains(entry.first); });
    total_ = {};
    for (const auto& [key, size] : present_) {
      total_.disk_bytes += size.disk_bytes;
      total_.inodes += size.inodes;
    }
  }
  for (const std::string& path : paths) RemoveOrLog(path);
}

void LayerStore::StopRemoving() {
  const std::lock_guard lock(mutex_);
  removing_ = false;
}

LayerSize LayerStore::Total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::map<std::string, LayerSize> LayerStore::Present() const {
  const std::lock_guard lock(mutex_);
  return present_;
}

}  // namespace jobpod
