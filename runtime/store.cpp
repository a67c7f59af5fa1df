#include "runtime/store.hpp"

#include "runtime/database.hpp"

namespace jobpod {
namespace {

constexpr char kSchema[] = R"(
CREATE TABLE IF NOT EXISTS pods(id TEXT PRIMARY KEY, record BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS containers(id TEXT PRIMARY KEY, pod_id TEXT, record BLOB) WITHOUT ROWID;
)";

}  // namespace

StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  auto store = std::unique_ptr<Store>(new Store);
  absl::MutexLock lock(&store->mutex_);
  ASSIGN_OR_RETURN(OpenedDatabase opened, OpenDatabase(path, kSchema, "it is rebuilt from what is running"));
  store->database_ = std::move(opened.database);
  store->was_damaged_ = opened.was_damaged;
  RETURN_IF_ERROR(store->PrepareLocked());
  store->checkpointer_ = std::make_unique<Checkpointer>(path);
  return store;
}

Status Store::PrepareLocked() {
  ASSIGN_OR_RETURN(statements_.save_pod, database_.Prepare("INSERT OR REPLACE INTO pods VALUES(?,?)"));
  ASSIGN_OR_RETURN(statements_.save_container,
                   database_.Prepare("INSERT OR REPLACE INTO containers VALUES(?,?,?)"));
  ASSIGN_OR_RETURN(statements_.delete_pod, database_.Prepare("DELETE FROM pods WHERE id=?"));
  ASSIGN_OR_RETURN(statements_.delete_container, database_.Prepare("DELETE FROM containers WHERE id=?"));
  return absl::OkStatus();
}

StatusOr<Store::Content> Store::Load() {
  absl::MutexLock lock(&mutex_);
  Content content;
  ASSIGN_OR_RETURN(SqliteStatement pods, database_.Prepare("SELECT record FROM pods"));
  RETURN_IF_ERROR(pods.Run([&](SqliteStatement& row) {
    if (PodRecord record; record.ParseFromString(row.Text(0))) content.pods.push_back(std::move(record));
  }));
  ASSIGN_OR_RETURN(SqliteStatement containers, database_.Prepare("SELECT record FROM containers"));
  RETURN_IF_ERROR(containers.Run([&](SqliteStatement& row) {
    if (ContainerRecord record; record.ParseFromString(row.Text(0))) {
      content.containers.push_back(std::move(record));
    }
  }));
  ASSIGN_OR_RETURN(SqliteStatement boot, database_.Prepare("SELECT value FROM meta WHERE key='boot_id'"));
  RETURN_IF_ERROR(boot.Run([&](SqliteStatement& row) { content.boot_id = row.Text(0); }));
  return content;
}

Status Store::SetBootId(const std::string& boot_id) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(SqliteStatement write,
                   database_.Prepare("INSERT OR REPLACE INTO meta VALUES('boot_id',?)"));
  return write.Bind(1, boot_id).Run();
}

Status Store::Run(SqliteStatement& statement) {
  Status status = statement.Run();
  if (status.ok()) checkpointer_->Wrote();
  return status;
}

Status Store::Save(const PodRecord& pod) {
  std::string bytes = pod.SerializeAsString();
  absl::MutexLock lock(&mutex_);
  return Run(statements_.save_pod.Bind(1, pod.id()).BindBlob(2, bytes));
}

Status Store::Save(const ContainerRecord& container) {
  std::string bytes = container.SerializeAsString();
  absl::MutexLock lock(&mutex_);
  return Run(
      statements_.save_container.Bind(1, container.id()).Bind(2, container.pod_id()).BindBlob(3, bytes));
}

Status Store::DeletePod(const std::string& id) {
  absl::MutexLock lock(&mutex_);
  return Run(statements_.delete_pod.Bind(1, id));
}

Status Store::DeleteContainer(const std::string& id) {
  absl::MutexLock lock(&mutex_);
  return Run(statements_.delete_container.Bind(1, id));
}

}  // namespace jobpod
