#include "image/image_store.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/file.hpp"
#include "base/log.hpp"
#include "image/content_store.hpp"
#include "image/manifest.hpp"

namespace jobpod {
namespace {

constexpr const char* kSchema[] = {
    "CREATE TABLE IF NOT EXISTS images (id TEXT PRIMARY KEY, size INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, image TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS resolved (key TEXT PRIMARY KEY, image TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS layers (key TEXT PRIMARY KEY, disk_bytes INTEGER NOT NULL, inodes INTEGER "
    "NOT NULL)",
    "CREATE TABLE IF NOT EXISTS pinned (image TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS chains (image TEXT NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL, "
    "PRIMARY KEY (image, position))",
    "PRAGMA user_version = 1",
};

uint64_t Number(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);
}

template <typename Map>
void EraseValue(Map& map, const std::string& value) {
  std::erase_if(map, [&](const auto& entry) { return entry.second == value; });
}

}  // namespace

std::string ResolutionKey(const std::string& digest, const std::string& platform) {
  return Concat(digest, " ", platform);
}

StatusOr<std::unique_ptr<ImageStore>> ImageStore::Open(const std::string& root) {
  std::unique_ptr<ImageStore> store(new ImageStore(root));
  RETURN_IF_ERROR(store->OpenDatabase());
  RETURN_IF_ERROR(store->Load());
  if (store->rebuilt_) RETURN_IF_ERROR(store->Rebuild());
  store->Publish();
  return store;
}

Status ImageStore::OpenDatabase() {
  const std::string path = Concat(root_, "/images.db");
  auto database = ImageDatabase::Open(path);
  if (absl::IsDataLoss(database.status())) {
    log::error(
        "{}; it is set aside as {}.damaged, and the images are found again by their files, without names",
        Message(database.status()), path);
    for (const char* suffix : {"", "-wal", "-shm"})
      RenamePath(Concat(path, suffix), Concat(path, ".damaged", suffix)).IgnoreError();
    rebuilt_ = true;
    database = ImageDatabase::Open(path);
  }
  RETURN_IF_ERROR(database.status());
  database_ = *std::move(database);
  ASSIGN_OR_RETURN(const auto version, database_->Query("PRAGMA user_version"));
  if (Number(version.at(0).at(0)) > 1)
    return absl::FailedPreconditionError(
        Concat("image index ", path, " was written by a newer jobpod; install that version again or remove ",
               root_));
  return database_->Transaction([&] {
    for (const char* statement : kSchema) RETURN_IF_ERROR(database_->Run(statement));
    return absl::OkStatus();
  });
}

Status ImageStore::Load() {
  ASSIGN_OR_RETURN(const auto layers, database_->Query("SELECT key, disk_bytes, inodes FROM layers"));
  for (const auto& row : layers) layers_[row[0]] = {Number(row[1]), Number(row[2])};
  RETURN_IF_ERROR(LoadImages());
  ASSIGN_OR_RETURN(const auto chains, database_->Query("SELECT image, key FROM chains ORDER BY position"));
  for (const auto& row : chains)
    if (const auto found = images_.find(row[0]); found != images_.end())
      found->second.layers.push_back(row[1]);
  ASSIGN_OR_RETURN(const auto pinned, database_->Query("SELECT image FROM pinned"));
  for (const auto& row : pinned)
    if (const auto found = images_.find(row[0]); found != images_.end()) found->second.pinned = true;
  ASSIGN_OR_RETURN(const auto names, database_->Query("SELECT name, image FROM names"));
  for (const auto& row : names)
    if (images_.contains(row[1])) names_[row[0]] = row[1];
  ASSIGN_OR_RETURN(const auto resolved, database_->Query("SELECT key, image FROM resolved"));
  for (const auto& row : resolved)
    if (images_.contains(row[1])) resolved_[row[0]] = row[1];
  return absl::OkStatus();
}

Status ImageStore::LoadImages() {
  ASSIGN_OR_RETURN(const auto rows, database_->Query("SELECT id, size FROM images"));
  const ContentStore blobs(root_);
  for (const auto& row : rows) {
    const auto bytes = blobs.Read(row[0]);
    const auto parsed = bytes.ok() ? ParseConfig(*bytes) : bytes.status();
    if (parsed.ok()) {
      images_[row[0]] = Image{row[0], {}, {}, Number(row[1]), parsed->diff_ids, {}, parsed->config, false};
    } else {
      log::warn("image {} is dropped from the index: {}", row[0], Message(parsed.status()));
    }
  }
  return absl::OkStatus();
}

Status ImageStore::Rebuild() {
  const ContentStore blobs(root_);
  for (const std::string& digest : blobs.List()) {
    const auto bytes = blobs.Read(digest);
    const auto parsed = bytes.ok() ? ParseConfig(*bytes) : bytes.status();
    if (!parsed.ok()) continue;  // a manifest
    NewImage image;
    image.image = Image{digest, {}, {}, bytes->size(), parsed->diff_ids, {}, parsed->config, false};
    RETURN_IF_ERROR(Put(image));
  }
  return absl::OkStatus();
}

std::shared_ptr<const ImageSnapshot> ImageStore::Current() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

void ImageStore::Publish() {
  std::map<std::string, Image> images = images_;
  for (const auto& [name, id] : names_) {
    Image& image = images.at(id);
    (name.find('@') == std::string::npos ? image.repo_tags : image.repo_digests).push_back(name);
  }
  auto next = std::make_shared<ImageSnapshot>();
  for (auto& [id, image] : images)
    next->list.push_back(next->by_id[id] = std::make_shared<const Image>(std::move(image)));
  for (const auto& [name, id] : names_) next->by_name[name] = next->by_id.at(id);
  next->resolved = resolved_;
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = std::move(next);
}

Status ImageStore::Write(const NewImage& image) {
  const std::string& id = image.image.id;
  RETURN_IF_ERROR(
      database_->Run("INSERT OR IGNORE INTO images VALUES (?1, ?2)", {id, std::to_string(image.image.size)}));
  for (size_t i = 0; i < image.image.layers.size(); ++i)
    RETURN_IF_ERROR(database_->Run("INSERT OR REPLACE INTO chains VALUES (?1, ?2, ?3)",
                                   {id, std::to_string(i), image.image.layers[i]}));
  for (const std::string& name : image.names)
    RETURN_IF_ERROR(database_->Run("INSERT OR REPLACE INTO names VALUES (?1, ?2)", {name, id}));
  for (const std::string& key : image.resolutions)
    RETURN_IF_ERROR(database_->Run("INSERT OR REPLACE INTO resolved VALUES (?1, ?2)", {key, id}));
  return WriteLayers(image.layers);
}

Status ImageStore::Put(const NewImage& image) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(database_->Transaction([&] { return Write(image); }));
  const std::string& id = image.image.id;
  const auto [there, added] = images_.try_emplace(id, image.image);
  if (!added && !image.image.layers.empty()) there->second.layers = image.image.layers;
  for (const std::string& name : image.names) names_[name] = id;
  for (const std::string& key : image.resolutions) resolved_[key] = id;
  for (const auto& [key, size] : image.layers) layers_[key] = size;
  Publish();
  return absl::OkStatus();
}

Status ImageStore::Erase(const std::string& id) {
  RETURN_IF_ERROR(database_->Run("DELETE FROM names WHERE image = ?1", {id}));
  RETURN_IF_ERROR(database_->Run("DELETE FROM pinned WHERE image = ?1", {id}));
  RETURN_IF_ERROR(database_->Run("DELETE FROM chains WHERE image = ?1", {id}));
  RETURN_IF_ERROR(database_->Run("DELETE FROM resolved WHERE image = ?1", {id}));
  return database_->Run("DELETE FROM images WHERE id = ?1", {id});
}

Status ImageStore::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(database_->Transaction([&] { return Erase(id); }));
  images_.erase(id);
  EraseValue(names_, id);
  EraseValue(resolved_, id);
  Publish();
  return absl::OkStatus();
}

Status ImageStore::SetPinned(const std::string& id, bool pinned) {
  const std::lock_guard lock(mutex_);
  const auto found = images_.find(id);
  if (found == images_.end()) return absl::NotFoundError(Concat("image ", id, " is not here"));
  if (found->second.pinned == pinned) return absl::OkStatus();
  RETURN_IF_ERROR(database_->Run(
      pinned ? "INSERT OR IGNORE INTO pinned VALUES (?1)" : "DELETE FROM pinned WHERE image = ?1", {id}));
  found->second.pinned = pinned;
  Publish();
  return absl::OkStatus();
}

std::map<std::string, LayerSize> ImageStore::Layers() const {
  const std::lock_guard lock(mutex_);
  return layers_;
}

Status ImageStore::WriteLayers(const std::map<std::string, LayerSize>& layers) {
  for (const auto& [key, size] : layers)
    RETURN_IF_ERROR(database_->Run("INSERT OR REPLACE INTO layers VALUES (?1, ?2, ?3)",
                                   {key, std::to_string(size.disk_bytes), std::to_string(size.inodes)}));
  return absl::OkStatus();
}

Status ImageStore::ReplaceLayers(const std::map<std::string, LayerSize>& layers) {
  const std::lock_guard lock(mutex_);
  const auto replace = [&]() -> Status {
    RETURN_IF_ERROR(database_->Run("DELETE FROM layers"));
    return WriteLayers(layers);
  };
  const Status replaced = database_->Transaction(replace);
  if (!replaced.ok()) return replaced;
  layers_ = layers;
  return absl::OkStatus();
}

}  // namespace jobpod
