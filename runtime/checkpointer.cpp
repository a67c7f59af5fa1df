#include "runtime/checkpointer.hpp"

#include "base/log.hpp"
#include "base/sqlite.hpp"

namespace jobpod {
namespace {
// About a megabyte of log at a record's usual size.
constexpr int kWritesBetween = 128;
}  // namespace

Checkpointer::Checkpointer(std::string database_path)
    : path_(std::move(database_path)), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

void Checkpointer::Wrote() {
  std::scoped_lock lock(mutex_);
  if (++writes_ == kWritesBetween) wake_.notify_one();
}

void Checkpointer::Loop(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return writes_ >= kWritesBetween; })) return;
      writes_ = 0;
    }
    StatusOr<SqliteDatabase> database = SqliteDatabase::Open(path_, false);
    Status done = database.ok() ? database->Execute("PRAGMA wal_checkpoint(PASSIVE)") : database.status();
    if (!done.ok()) log::warn("checkpoint of {}: {}", path_, Message(done));
  }
}

}  // namespace jobpod
