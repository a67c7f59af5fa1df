// A small owner for SQLite handles: one connection, prepared statements, errors as Status.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace jobpod {

// One prepared statement, kept and reused. Not thread-safe. Columns and parameters count from 0 and 1, as
// SQLite does.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  SqliteStatement& Bind(int parameter, std::string_view value);  // copied
  SqliteStatement& Bind(int parameter, int64_t value);
  SqliteStatement& BindBlob(int parameter, std::string_view value);

  // Runs to the end, calling `row` for each result row, and resets.
  Status Run(const std::function<void(SqliteStatement&)>& row = {});

  int64_t Integer(int column) const;
  std::string Text(int column) const;  // text or blob

 private:
  sqlite3_stmt* statement_ = nullptr;
};

// Not thread-safe: the owner locks.
class SqliteDatabase {
 public:
  SqliteDatabase() = default;
  SqliteDatabase(SqliteDatabase&& other) noexcept;
  SqliteDatabase& operator=(SqliteDatabase&& other) noexcept;
  ~SqliteDatabase();

  // Opens or makes `path` (0600) in WAL mode. `full_sync`: committed data survives power loss, not only a
  // killed process. DataLoss when the file is damaged.
  static StatusOr<SqliteDatabase> Open(const std::string& path, bool full_sync);

  Status Execute(const std::string& sql);
  StatusOr<SqliteStatement> Prepare(std::string_view sql);

  // One statement, once; "?1" is texts[0].
  Status Run(std::string_view sql, const std::vector<std::string>& texts = {},
             const std::function<void(SqliteStatement&)>& row = {});

  // All of `body` or nothing.
  Status Transaction(const std::function<Status()>& body);

 private:
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}
  sqlite3* database_ = nullptr;
};

}  // namespace jobpod
