// A Journal that forgets everything at the end of the test.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/journal.hpp"

namespace jobpod {

class MemoryJournal : public Journal {
 public:
  Status Write(const JournalEntry& entry) override {
    std::scoped_lock lock(mutex_);
    if (!failure_.ok()) return failure_;
    for (JournalEntry& old : entries_) {
      if (Same(old, entry.owner, entry.kind, entry.path)) {
        old = entry;
        return absl::OkStatus();
      }
    }
    entries_.push_back(entry);
    return absl::OkStatus();
  }

  Status Strike(std::string_view owner, std::string_view kind, std::string_view path) override {
    std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [&](const JournalEntry& entry) { return Same(entry, owner, kind, path); });
    return absl::OkStatus();
  }

  std::vector<JournalEntry> OwnedBy(std::string_view owner) const override {
    return Where([&](const JournalEntry& entry) { return entry.owner == owner; });
  }

  std::vector<JournalEntry> ForPath(std::string_view path) const override {
    return Where([&](const JournalEntry& entry) { return entry.path == path; });
  }

  std::vector<JournalEntry> All() const override {
    return Where([](const JournalEntry&) { return true; });
  }

  // Every later Write fails like this (a full disk); OK lets them through again.
  void FailWrites(Status failure) {
    std::scoped_lock lock(mutex_);
    failure_ = std::move(failure);
  }

 private:
  static bool Same(const JournalEntry& entry, std::string_view owner, std::string_view kind,
                   std::string_view path) {
    return entry.owner == owner && entry.kind == kind && entry.path == path;
  }

  template <typename Condition>
  std::vector<JournalEntry> Where(Condition condition) const {
    std::scoped_lock lock(mutex_);
    std::vector<JournalEntry> found;
    std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(found), condition);
    return found;
  }

  mutable std::mutex mutex_;
  std::vector<JournalEntry> entries_;
  Status failure_;
};

}  // namespace jobpod
