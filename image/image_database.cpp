#include "image/image_database.hpp"

#include <sqlite3.h>

#include "base/scope_exit.hpp"

namespace jobpod {

Status ImageDatabase::Error(int code) const {
  absl::StatusCode kind = absl::StatusCode::kInternal;
  if (code == SQLITE_FULL) kind = absl::StatusCode::kResourceExhausted;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) kind = absl::StatusCode::kDataLoss;
  return Status(kind, Concat("image index ", path_, ": ", sqlite3_errstr(code)));
}

StatusOr<std::unique_ptr<ImageDatabase>> ImageDatabase::Open(const std::string& path) {
  std::unique_ptr<ImageDatabase> database(new ImageDatabase(path));
  const int code = sqlite3_open_v2(path.c_str(), &database->handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return database->Error(code);
  RETURN_IF_ERROR(database->SetUp());
  return database;
}

ImageDatabase::~ImageDatabase() {
  sqlite3_close_v2(handle_);
}

Status ImageDatabase::SetUp() {
  RETURN_IF_ERROR(Query("PRAGMA journal_mode=WAL").status());
  RETURN_IF_ERROR(Run("PRAGMA synchronous=FULL"));
  ASSIGN_OR_RETURN(const auto check, Query("PRAGMA quick_check(1)"));
  if (check.empty() || check[0][0] != "ok") return Error(SQLITE_CORRUPT);
  return absl::OkStatus();
}

Status ImageDatabase::Run(const char* sql, const Row& values) {
  return Query(sql, values).status();
}

StatusOr<std::vector<ImageDatabase::Row>> ImageDatabase::Query(const char* sql, const Row& values) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return Error(code);
  const ScopeExit finalize([&] { sqlite3_finalize(statement); });
  for (size_t i = 0; i < values.size(); ++i)
    sqlite3_bind_text(statement, static_cast<int>(i) + 1, values[i].data(),
                      static_cast<int>(values[i].size()), SQLITE_TRANSIENT);
  std::vector<Row> rows;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    Row& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      row.emplace_back(text == nullptr ? "" : text);
    }
  }
  if (code != SQLITE_DONE) return Error(code);
  return rows;
}

Status ImageDatabase::Transaction(const std::function<Status()>& body) {
  RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
  Status status = body();
  if (status.ok()) status = Run("COMMIT");
  // A failed COMMIT leaves the transaction open; a failed ROLLBACK has nothing to undo.
  if (!status.ok() && sqlite3_get_autocommit(handle_) == 0) Run("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace jobpod
