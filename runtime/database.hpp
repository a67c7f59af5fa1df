// The files of the daemon's memory: checked when opened, set aside when damaged.
#pragma once

#include <string>
#include <string_view>

#include "base/sqlite.hpp"

namespace jobpod {

struct OpenedDatabase {
  SqliteDatabase database;
  bool was_damaged = false;
};

// Opens `path` (WAL, synchronous NORMAL, no checkpoints of its own), making it with `schema`, which is run each time.
// A damaged file is renamed to <path>.damaged-<time>, logged with `consequence`, and a new one begun.
// FailedPrecondition when a newer daemon has written it.
StatusOr<OpenedDatabase> OpenDatabase(const std::string& path, const std::string& schema,
                                      std::string_view consequence);

}  // namespace jobpod
