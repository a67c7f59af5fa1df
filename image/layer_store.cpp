#include "image/layer_store.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "image/digest.hpp"
#include "image/disk.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kWindows = "-windows", kBridge = "-bridge", kImplied = ".implied",
                           kBlob = ".blob";
constexpr size_t kMaxImplied = 64u << 20;

void RemoveOrLog(const std::string& path) {
  const Status removed = RemoveTree(path);
  if (!removed.ok()) log::warn("{}", Message(removed));
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
    : store_(std::exchange(other.store_, nullptr)), keys_(std::move(other.keys_)) {}

LayerPins& LayerPins::operator=(LayerPins&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  store_ = std::exchange(other.store_, nullptr);
  keys_ = std::move(other.keys_);
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
  if (store_ != nullptr) store_->Unpin(keys_);
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

std::string LayerStore::ImpliedPath(const std::string& key) const {
  return Concat(Path(key), kImplied);
}

std::vector<std::string> LayerStore::Implied(const std::string& key) const {
  std::vector<std::string> out;
  const std::string text = ReadFile(ImpliedPath(key), kMaxImplied).value_or("");
  for (size_t at = 0; at < text.size(); at = text.find('\0', at) + 1) out.emplace_back(text.c_str() + at);
  return out;
}

Status LayerStore::Check(const std::vector<std::string>& keys) {
  Status first;
  for (const std::string& key : keys) {
    const Status checked = CheckOne(key);
    if (first.ok()) first = checked;
  }
  return first;
}

// Two threads may look at the same layer; the second finds it gone from the list or moved.
Status LayerStore::CheckOne(const std::string& key) {
  LayerSize known;
  {
    const std::lock_guard lock(mutex_);
    if (!unchecked_.contains(key)) return absl::OkStatus();
    known = present_[key];
  }
  const auto found = MeasureLayer(Path(key));
  const std::lock_guard lock(mutex_);
  if (unchecked_.erase(key) == 0) return absl::OkStatus();
  if (found.ok() && found->disk_bytes == known.disk_bytes && found->inodes == known.inodes)
    return absl::OkStatus();
  DropLocked(key);
  return absl::DataLossError(Concat("layer ", key, " is damaged: ", known.inodes, " files with ",
                                    known.disk_bytes, " bytes were unpacked, ",
                                    found.ok() ? Concat(found->inodes, " with ", found->disk_bytes)
                                               : std::string("none"),
                                    " are left"));
}

LayerPins LayerStore::Pin(std::vector<std::string> keys) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys) ++pins_[key];
  return LayerPins(this, std::move(keys));
}

StatusOr<LayerPins> LayerStore::PinPresent(std::vector<std::string> keys) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys)
    if (!present_.contains(key)) return absl::NotFoundError(Concat("layer ", key, " is not there any more"));
  for (const std::string& key : keys) ++pins_[key];
  return LayerPins(this, std::move(keys));
}

bool LayerStore::Has(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return present_.contains(key);
}

// Moves the tree out of the way, so that a new pull of the layer need not wait for its removal. Returns
// what is to be removed.
std::string LayerStore::DropLocked(const std::string& key) {
  const auto found = present_.find(key);
  if (found == present_.end()) return "";
  std::string trash = Path(Concat(".trash-", NewId().substr(0, 16)));
  if (!RenamePath(Path(key), trash).ok()) trash = "";
  total_.disk_bytes -= found->second.disk_bytes;
  total_.inodes -= found->second.inodes;
  present_.erase(found);
  unchecked_.erase(key);
  RemoveOrLog(ImpliedPath(key));
  RemoveOrLog(BlobPath(key));
  return trash;
}

void LayerStore::Unpin(const std::vector<std::string>& keys) {
  std::vector<std::string> trash;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& key : keys) {
      if (--pins_[key] > 0) continue;
      pins_.erase(key);
      if (removing_) trash.push_back(DropLocked(key));
    }
  }
  for (const std::string& path : trash)
    if (!path.empty()) RemoveOrLog(path);
}

StatusOr<LayerSize> LayerStore::Build(const std::string& key, const BuildFunction& build) {
  const std::string partial = Path(Concat(".partial-", NewId().substr(0, 16)));
  RETURN_IF_ERROR(MakeDirectories(partial, 0755));
  ScopeExit undo([&] {
    RemoveOrLog(partial);
    RemoveOrLog(BlobOf(partial));
  });
  ASSIGN_OR_RETURN(const std::vector<std::string> implied, build(partial));
  ASSIGN_OR_RETURN(const LayerSize size, MeasureLayer(partial));
  std::string text;
  for (const std::string& path : implied) text.append(path).push_back('\0');
  if (!text.empty()) RETURN_IF_ERROR(WriteFileAtomic(ImpliedPath(key), text));
  const std::lock_guard lock(mutex_);
  RenamePath(BlobOf(partial), BlobPath(key)).IgnoreError();  // when there is one
  RETURN_IF_ERROR(RenamePath(partial, Path(key)));
  undo.Release();
  present_[key] = size;
  total_.disk_bytes += size.disk_bytes;
  total_.inodes += size.inodes;
  return size;
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
  std::error_code error;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
      std::string key = entry.path().filename().string();
      for (std::string_view end : {kImplied, kBlob})
        if (key.ends_with(end)) key.resize(key.size() - end.size());
      if (!pins_.contains(key) || !present_.contains(key)) paths.push_back(entry.path().string());
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

}  // namespace jobpod
