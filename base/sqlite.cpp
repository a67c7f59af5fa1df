#include "base/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

#include "base/sqlite_file.hpp"

namespace jobpod {
namespace {

Status ErrorOf(sqlite3* database, int code, std::string_view what) {
  const char* text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  std::string message = Concat(what, ": ", text);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(statement_);
}

SqliteStatement& SqliteStatement::Bind(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_, parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

SqliteStatement& SqliteStatement::BindBlob(int parameter, std::string_view value) {
  sqlite3_bind_blob64(statement_, parameter, value.data(), value.size(), SQLITE_TRANSIENT);
  return *this;
}

Status SqliteStatement::Run(const std::function<void(SqliteStatement&)>& row) {
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement_)) == SQLITE_ROW) {
    if (row) row(*this);
  }
  Status status;
  if (code != SQLITE_DONE) status = ErrorOf(sqlite3_db_handle(statement_), code, "database");
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  return status;
}

int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string SqliteStatement::Text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<size_t>(size));
}

SqliteDatabase::SqliteDatabase(SqliteDatabase&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

SqliteDatabase& SqliteDatabase::operator=(SqliteDatabase&& other) noexcept {
  std::swap(database_, other.database_);
  return *this;
}

SqliteDatabase::~SqliteDatabase() {
  sqlite3_close_v2(database_);
}

StatusOr<SqliteDatabase> SqliteDatabase::Open(const std::string& path, bool full_sync) {
  RETURN_IF_ERROR(MakeSqliteFilePrivate(path));
  sqlite3* handle = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  SqliteDatabase database(handle);
  if (code != SQLITE_OK) return ErrorOf(handle, code, Concat("open database ", path));
  sqlite3_busy_timeout(handle, 2000);
  RETURN_IF_ERROR(Annotate(database.Execute("PRAGMA journal_mode=WAL"), path));
  RETURN_IF_ERROR(database.Execute(full_sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  // A small page cache: everything is read once, at start.
  RETURN_IF_ERROR(database.Execute("PRAGMA cache_size=-512"));
  return database;
}

Status SqliteDatabase::Execute(const std::string& sql) {
  int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(database_, code, "database");
}

StatusOr<SqliteStatement> SqliteDatabase::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return ErrorOf(database_, code, "database");
  return SqliteStatement(statement);
}

Status SqliteDatabase::Run(std::string_view sql, const std::vector<std::string>& texts,
                           const std::function<void(SqliteStatement&)>& row) {
  ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  for (size_t i = 0; i < texts.size(); ++i) statement.Bind(static_cast<int>(i) + 1, texts[i]);
  return statement.Run(row);
}

Status SqliteDatabase::Transaction(const std::function<Status()>& body) {
  RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  Status status = body();
  if (status.ok()) status = Execute("COMMIT");
  if (!status.ok()) Execute("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace jobpod
