// The journal of what containers need on the host, in a SQLite file of its own: it outlives a damaged database of pods.
// Read once at start; every later read is from memory.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/journal.hpp"
#include "base/sqlite.hpp"
#include "runtime/checkpointer.hpp"

namespace jobpod {

// Thread-safe. An entry survives a killed daemon; one of an account ("user") survives power loss as well when Write
// returns, and then the disk is waited for. Directories do not wait: what a file system forgets of them in a power loss
// it forgets of the journal at about the same time.
class HostJournal : public Journal {
 public:
  // Opens `path`, making it. A damaged file is set aside, loudly: nobody can tell then what is on the host.
  static StatusOr<std::unique_ptr<HostJournal>> Open(const std::string& path);

  Status Write(const JournalEntry& entry) override;
  Status Strike(std::string_view owner, std::string_view kind, std::string_view path) override;
  std::vector<JournalEntry> OwnedBy(std::string_view owner) const override;
  std::vector<JournalEntry> ForPath(std::string_view path) const override;
  std::vector<JournalEntry> All() const override;

 private:
  Status LoadLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status RunLocked(SqliteStatement& statement, bool survives_power_loss) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<JournalEntry> Select(const std::function<bool(const JournalEntry&)>& wanted) const;

  mutable absl::Mutex mutex_;
  SqliteDatabase database_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement write_ ABSL_GUARDED_BY(mutex_), strike_ ABSL_GUARDED_BY(mutex_);
  std::vector<JournalEntry> entries_ ABSL_GUARDED_BY(mutex_);  // in the order they were written
  std::unique_ptr<Checkpointer> checkpointer_;
};

}  // namespace jobpod
