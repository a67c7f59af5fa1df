#include "runtime/host_journal.hpp"

#include <algorithm>

#include "runtime/database.hpp"

namespace jobpod {
namespace {

constexpr char kSchema[] = R"(
CREATE TABLE IF NOT EXISTS journal(
  owner TEXT, kind TEXT, path TEXT, device INTEGER, inode INTEGER, sequence INTEGER,
  PRIMARY KEY(owner, kind, path)) WITHOUT ROWID;
)";

constexpr std::string_view kAccount = "user";

bool SameEntry(const JournalEntry& entry, std::string_view owner, std::string_view kind, std::string_view path) {
  return entry.owner == owner && entry.kind == kind && entry.path == path;
}

}  // namespace

StatusOr<std::unique_ptr<HostJournal>> HostJournal::Open(const std::string& path) {
  auto journal = std::make_unique<HostJournal>();
  absl::MutexLock lock(&journal->mutex_);
  ASSIGN_OR_RETURN(OpenedDatabase opened,
                   OpenDatabase(path, kSchema,
                                "mount points, links and accounts that earlier containers needed stay on the host"));
  journal->database_ = std::move(opened.database);
  ASSIGN_OR_RETURN(journal->write_,
                   journal->database_.Prepare("INSERT OR REPLACE INTO journal VALUES(?,?,?,?,?,"
                                              "(SELECT coalesce(max(sequence),0)+1 FROM journal))"));
  ASSIGN_OR_RETURN(journal->strike_,
                   journal->database_.Prepare("DELETE FROM journal WHERE owner=? AND kind=? AND path=?"));
  RETURN_IF_ERROR(journal->LoadLocked());
  journal->checkpointer_ = std::make_unique<Checkpointer>(path);
  return journal;
}

Status HostJournal::LoadLocked() {
  return database_.Run("SELECT owner,kind,path,device,inode FROM journal ORDER BY sequence", {},
                       [this](SqliteStatement& row) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                         entries_.push_back({row.Text(0), row.Text(1), row.Text(2),
                                             static_cast<uint64_t>(row.Integer(3)),
                                             static_cast<uint64_t>(row.Integer(4))});
                       });
}

// SQLite takes the setting between transactions only, and so it is set before each that needs it.
Status HostJournal::RunLocked(SqliteStatement& statement, bool survives_power_loss) {
  if (survives_power_loss) RETURN_IF_ERROR(database_.Execute("PRAGMA synchronous=FULL"));
  const Status status = statement.Run();
  if (survives_power_loss) RETURN_IF_ERROR(database_.Execute("PRAGMA synchronous=NORMAL"));
  if (status.ok()) checkpointer_->Wrote();
  return status;
}

Status HostJournal::Write(const JournalEntry& entry) {
  absl::MutexLock lock(&mutex_);
  write_.Bind(1, entry.owner).Bind(2, entry.kind).Bind(3, entry.path);
  write_.Bind(4, static_cast<int64_t>(entry.device)).Bind(5, static_cast<int64_t>(entry.inode));
  RETURN_IF_ERROR(RunLocked(write_, entry.kind == kAccount));
  std::erase_if(entries_, [&](const JournalEntry& old) { return SameEntry(old, entry.owner, entry.kind, entry.path); });
  entries_.push_back(entry);
  return absl::OkStatus();
}

// A strike that power loss takes back is made again: what it undid is found gone.
Status HostJournal::Strike(std::string_view owner, std::string_view kind, std::string_view path) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(RunLocked(strike_.Bind(1, owner).Bind(2, kind).Bind(3, path), false));
  std::erase_if(entries_, [&](const JournalEntry& old) { return SameEntry(old, owner, kind, path); });
  return absl::OkStatus();
}

std::vector<JournalEntry> HostJournal::Select(const std::function<bool(const JournalEntry&)>& wanted) const {
  absl::MutexLock lock(&mutex_);
  std::vector<JournalEntry> found;
  std::ranges::copy_if(entries_, std::back_inserter(found), wanted);
  return found;
}

std::vector<JournalEntry> HostJournal::OwnedBy(std::string_view owner) const {
  return Select([&](const JournalEntry& entry) { return entry.owner == owner; });
}

std::vector<JournalEntry> HostJournal::ForPath(std::string_view path) const {
  return Select([&](const JournalEntry& entry) { return entry.path == path; });
}

std::vector<JournalEntry> HostJournal::All() const {
  return Select([](const JournalEntry&) { return true; });
}

}  // namespace jobpod
