#include "image/image_store.hpp"

#include <algorithm>

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
};

constexpr int64_t kVersion = 1;

std::vector<std::string> KeysOf(const std::map<std::string, std::string>& map, const std::string& value) {
  std::vector<std::string> out;
  for (const auto& [key, id] : map)
    if (id == value) out.push_back(key);
  return out;
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
  const auto layered = [](const auto& entry) { return !entry.second.diff_ids.empty(); };
  store->unfinished_ |= store->layers_.empty() && std::ranges::any_of(store->images_, layered);
  if (store->unfinished_) RETURN_IF_ERROR(store->FindImages());
  store->Publish();
  return store;
}

// DataLoss when the file is damaged.
Status ImageStore::OpenWhole(const std::string& path) {
  ASSIGN_OR_RETURN(database_, SqliteDatabase::Open(path, /*full_sync=*/true));
  std::string said;
  RETURN_IF_ERROR(database_.Run("PRAGMA quick_check(1)", {}, [&](SqliteStatement& row) { said = row.Text(0); }));
  return said == "ok" ? absl::OkStatus() : absl::DataLossError(Concat(path, ": ", said));
}

Status ImageStore::OpenDatabase() {
  const std::string path = Concat(root_, "/images.db");
  Status opened = OpenWhole(path);
  if (absl::IsDataLoss(opened)) {
    log::error(
        "image index {}; it is set aside as {}.damaged, and the images are found again by their files, "
        "without names",
        Message(opened), path);
    database_ = SqliteDatabase();
    for (const char* suffix : {"", "-wal", "-shm"})
      RenamePath(Concat(path, suffix), Concat(path, ".damaged", suffix)).IgnoreError();
    opened = OpenWhole(path);
  }
  RETURN_IF_ERROR(Annotate(opened, "image index"));
  int64_t version = 0;
  RETURN_IF_ERROR(
      database_.Run("PRAGMA user_version", {}, [&](SqliteStatement& row) { version = row.Integer(0); }));
  if (version > kVersion)
    return absl::FailedPreconditionError(
        Concat("image index ", path, " was written by a newer jobpod; install that version again or remove ",
               root_));
  unfinished_ = version < kVersion;
  return database_.Transaction([&] {
    for (const char* statement : kSchema) RETURN_IF_ERROR(database_.Run(statement));
    return absl::OkStatus();
  });
}

Status ImageStore::Load() {
  RETURN_IF_ERROR(database_.Run("SELECT key, disk_bytes, inodes FROM layers", {}, [&](SqliteStatement& row) {
    layers_[row.Text(0)] = {static_cast<uint64_t>(row.Integer(1)), static_cast<uint64_t>(row.Integer(2))};
  }));
  RETURN_IF_ERROR(LoadImages());
  const auto with_image = [&](const char* sql, auto take) {
    return database_.Run(sql, {}, [&, take](SqliteStatement& row) {
      if (const auto found = images_.find(row.Text(0)); found != images_.end()) take(found->second, row);
    });
  };
  RETURN_IF_ERROR(with_image("SELECT image, key FROM chains ORDER BY position",
                             [](Image& image, SqliteStatement& row) { image.layers.push_back(row.Text(1)); }));
  RETURN_IF_ERROR(with_image("SELECT image FROM pinned",
                             [](Image& image, SqliteStatement&) { image.pinned = true; }));
  RETURN_IF_ERROR(with_image("SELECT image, name FROM names", [&](Image& image, SqliteStatement& row) {
    names_[row.Text(1)] = image.id;
  }));
  return with_image("SELECT image, key FROM resolved",
                    [&](Image& image, SqliteStatement& row) { resolved_[row.Text(1)] = image.id; });
}

Status ImageStore::LoadImages() {
  std::map<std::string, uint64_t> sizes;
  RETURN_IF_ERROR(database_.Run("SELECT id, size FROM images", {}, [&](SqliteStatement& row) {
    sizes[row.Text(0)] = static_cast<uint64_t>(row.Integer(1));
  }));
  const ContentStore blobs(root_);
  for (const auto& [id, size] : sizes) {
    const auto bytes = blobs.Read(id);
    const auto parsed = bytes.ok() ? ParseConfig(*bytes) : bytes.status();
    if (parsed.ok()) {
      images_[id] = Image{id, {}, {}, size, parsed->diff_ids, {}, parsed->config, false};
    } else {
      log::warn("image {} is dropped from the index: {}", id, Message(parsed.status()));
    }
  }
  return absl::OkStatus();
}

// What the index may have known of images that are there counts; how their layers are stacked is found anew.
Status ImageStore::FindImages() {
  const ContentStore blobs(root_);
  ASSIGN_OR_RETURN(const std::vector<std::string> digests, blobs.List());
  for (const std::string& digest : digests) {
    const auto bytes = blobs.Read(digest);
    const auto parsed = bytes.ok() ? ParseConfig(*bytes) : bytes.status();
    if (!parsed.ok()) continue;  // a manifest
    images_.try_emplace(digest, Image{digest, {}, {}, bytes->size(), parsed->diff_ids, {}, parsed->config, false});
  }
  for (auto& [id, image] : images_) image.layers.clear();
  layers_.clear();
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
      database_.Run("INSERT OR IGNORE INTO images VALUES (?1, ?2)", {id, std::to_string(image.image.size)}));
  for (size_t i = 0; i < image.image.layers.size(); ++i)
    RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO chains VALUES (?1, ?2, ?3)",
                                   {id, std::to_string(i), image.image.layers[i]}));
  for (const std::string& name : image.names)
    RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO names VALUES (?1, ?2)", {name, id}));
  for (const std::string& key : image.resolutions)
    RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO resolved VALUES (?1, ?2)", {key, id}));
  return WriteLayers(image.layers);
}

Status ImageStore::Put(const NewImage& image) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(database_.Transaction([&] { return Write(image); }));
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
  RETURN_IF_ERROR(database_.Run("DELETE FROM names WHERE image = ?1", {id}));
  RETURN_IF_ERROR(database_.Run("DELETE FROM pinned WHERE image = ?1", {id}));
  RETURN_IF_ERROR(database_.Run("DELETE FROM chains WHERE image = ?1", {id}));
  RETURN_IF_ERROR(database_.Run("DELETE FROM resolved WHERE image = ?1", {id}));
  return database_.Run("DELETE FROM images WHERE id = ?1", {id});
}

Status ImageStore::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(database_.Transaction([&] { return Erase(id); }));
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
  RETURN_IF_ERROR(database_.Run(
      pinned ? "INSERT OR IGNORE INTO pinned VALUES (?1)" : "DELETE FROM pinned WHERE image = ?1", {id}));
  found->second.pinned = pinned;
  Publish();
  return absl::OkStatus();
}

Status ImageStore::WriteAll(const std::vector<Image>& images, const std::map<std::string, LayerSize>& layers) {
  for (const char* table : {"images", "names", "resolved", "layers", "pinned", "chains"})
    RETURN_IF_ERROR(database_.Run(Concat("DELETE FROM ", table)));
  for (const Image& image : images) {
    NewImage row{image, KeysOf(names_, image.id), KeysOf(resolved_, image.id), {}};
    RETURN_IF_ERROR(Write(row));
    if (image.pinned) RETURN_IF_ERROR(database_.Run("INSERT INTO pinned VALUES (?1)", {image.id}));
  }
  RETURN_IF_ERROR(WriteLayers(layers));
  return database_.Run(Concat("PRAGMA user_version = ", kVersion));
}

Status ImageStore::Finish(const std::vector<Image>& images, const std::map<std::string, LayerSize>& layers) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(database_.Transaction([&] { return WriteAll(images, layers); }));
  images_.clear();
  for (const Image& image : images) {
    Image& mine = images_[image.id] = image;
    mine.repo_tags.clear();  // these are kept in names_
    mine.repo_digests.clear();
  }
  const auto gone = [&](const auto& entry) { return !images_.contains(entry.second); };
  std::erase_if(names_, gone);
  std::erase_if(resolved_, gone);
  layers_ = layers;
  unfinished_ = false;
  Publish();
  return absl::OkStatus();
}

std::map<std::string, LayerSize> ImageStore::Layers() const {
  const std::lock_guard lock(mutex_);
  return layers_;
}

Status ImageStore::WriteLayers(const std::map<std::string, LayerSize>& layers) {
  for (const auto& [key, size] : layers)
    RETURN_IF_ERROR(database_.Run("INSERT OR REPLACE INTO layers VALUES (?1, ?2, ?3)",
                                   {key, std::to_string(size.disk_bytes), std::to_string(size.inodes)}));
  return absl::OkStatus();
}

Status ImageStore::ReplaceLayers(const std::map<std::string, LayerSize>& layers) {
  const std::lock_guard lock(mutex_);
  const auto replace = [&]() -> Status {
    RETURN_IF_ERROR(database_.Run("DELETE FROM layers"));
    return WriteLayers(layers);
  };
  const Status replaced = database_.Transaction(replace);
  if (!replaced.ok()) return replaced;
  layers_ = layers;
  return absl::OkStatus();
}

}  // namespace jobpod
