#include "runtime/store.hpp"

#include <algorithm>
#include <cstdio>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace jobpod {
namespace {

constexpr int64_t kSchemaVersion = 1;

constexpr char kSchema[] = R"(
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pods(id TEXT PRIMARY KEY, record BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS containers(id TEXT PRIMARY KEY, pod_id TEXT, record BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal(
  owner TEXT, kind TEXT, path TEXT, device INTEGER, inode INTEGER, sequence INTEGER,
  PRIMARY KEY(owner, kind, path)) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES('schema_version', 1);
)";

bool SameEntry(const JournalEntry& entry, std::string_view owner, std::string_view kind,
               std::string_view path) {
  return entry.owner == owner && entry.kind == kind && entry.path == path;
}

void SetAside(const std::string& path) {
  std::string stamp = Concat(".damaged-", NowUnixNanos() / 1'000'000'000);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::string from = Concat(path, suffix);
    std::rename(from.c_str(), Concat(path, stamp, suffix).c_str());
  }
}

}  // namespace

StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  auto store = std::unique_ptr<Store>(new Store);
  absl::MutexLock lock(&store->mutex_);
  Status opened = store->OpenLocked(path);
  if (absl::IsDataLoss(opened)) {
    log::error("database {} is damaged ({}); it is set aside and rebuilt from what is running", path,
               Message(opened));
    store->statements_ = {};
    store->database_ = SqliteDatabase();
    store->journal_.clear();
    SetAside(path);
    store->was_damaged_ = true;
    opened = store->OpenLocked(path);
  }
  RETURN_IF_ERROR(opened);
  store->checkpointer_ = std::make_unique<Checkpointer>(path);
  return store;
}

Status Store::OpenLocked(const std::string& path) {
  ASSIGN_OR_RETURN(database_, SqliteDatabase::Open(path, false));
  RETURN_IF_ERROR(database_.Execute("PRAGMA wal_autocheckpoint=0"));
  RETURN_IF_ERROR(Annotate(SetUpSchemaLocked(), path));
  RETURN_IF_ERROR(PrepareLocked());
  return LoadJournalLocked();
}

Status Store::SetUpSchemaLocked() {
  bool sound = false;
  ASSIGN_OR_RETURN(SqliteStatement check, database_.Prepare("PRAGMA quick_check(1)"));
  RETURN_IF_ERROR(check.Run([&](SqliteStatement& row) { sound = row.Text(0) == "ok"; }));
  if (!sound) return absl::DataLossError("its pages do not check");
  RETURN_IF_ERROR(database_.Execute(kSchema));
  int64_t version = 0;
  ASSIGN_OR_RETURN(SqliteStatement read,
                   database_.Prepare("SELECT value FROM meta WHERE key='schema_version'"));
  RETURN_IF_ERROR(read.Run([&](SqliteStatement& row) { version = row.Integer(0); }));
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(
        Concat("the database has schema version ", version, ", this jobpodd knows ", kSchemaVersion,
               "; start the newer jobpodd, or remove all pods with it before going back"));
  }
  return absl::OkStatus();
}

Status Store::PrepareLocked() {
  ASSIGN_OR_RETURN(statements_.save_pod, database_.Prepare("INSERT OR REPLACE INTO pods VALUES(?,?)"));
  ASSIGN_OR_RETURN(statements_.save_container,
                   database_.Prepare("INSERT OR REPLACE INTO containers VALUES(?,?,?)"));
  ASSIGN_OR_RETURN(statements_.delete_pod, database_.Prepare("DELETE FROM pods WHERE id=?"));
  ASSIGN_OR_RETURN(statements_.delete_container, database_.Prepare("DELETE FROM containers WHERE id=?"));
  ASSIGN_OR_RETURN(statements_.write,
                   database_.Prepare("INSERT OR REPLACE INTO journal VALUES(?,?,?,?,?,"
                                     "(SELECT coalesce(max(sequence),0)+1 FROM journal))"));
  ASSIGN_OR_RETURN(statements_.strike,
                   database_.Prepare("DELETE FROM journal WHERE owner=? AND kind=? AND path=?"));
  return absl::OkStatus();
}

Status Store::LoadJournalLocked() {
  ASSIGN_OR_RETURN(SqliteStatement read, database_.Prepare("SELECT owner,kind,path,device,inode FROM journal "
                                                           "ORDER BY sequence"));
  return read.Run([this](SqliteStatement& row) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    journal_.push_back({row.Text(0), row.Text(1), row.Text(2), static_cast<uint64_t>(row.Integer(3)),
                        static_cast<uint64_t>(row.Integer(4))});
  });
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

Status Store::Write(const JournalEntry& entry) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Run(statements_.write.Bind(1, entry.owner)
                          .Bind(2, entry.kind)
                          .Bind(3, entry.path)
                          .Bind(4, static_cast<int64_t>(entry.device))
                          .Bind(5, static_cast<int64_t>(entry.inode))));
  std::erase_if(journal_,
                [&](const JournalEntry& old) { return SameEntry(old, entry.owner, entry.kind, entry.path); });
  journal_.push_back(entry);
  return absl::OkStatus();
}

Status Store::Strike(std::string_view owner, std::string_view kind, std::string_view path) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Run(statements_.strike.Bind(1, owner).Bind(2, kind).Bind(3, path)));
  std::erase_if(journal_, [&](const JournalEntry& old) { return SameEntry(old, owner, kind, path); });
  return absl::OkStatus();
}

std::vector<JournalEntry> Store::Select(const std::function<bool(const JournalEntry&)>& wanted) const {
  absl::MutexLock lock(&mutex_);
  std::vector<JournalEntry> found;
  std::copy_if(journal_.begin(), journal_.end(), std::back_inserter(found), wanted);
  return found;
}

std::vector<JournalEntry> Store::OwnedBy(std::string_view owner) const {
  return Select([&](const JournalEntry& entry) { return entry.owner == owner; });
}

std::vector<JournalEntry> Store::ForPath(std::string_view path) const {
  return Select([&](const JournalEntry& entry) { return entry.path == path; });
}

std::vector<JournalEntry> Store::All() const {
  return Select([](const JournalEntry&) { return true; });
}

}  // namespace jobpod
