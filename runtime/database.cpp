#include "runtime/database.hpp"

#include <cstdio>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace jobpod {
namespace {

constexpr int64_t kSchemaVersion = 1;

constexpr char kVersionSchema[] = R"(
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES('schema_version', 1);
)";

void SetAside(const std::string& path) {
  std::string stamp = Concat(".damaged-", NowUnixNanos() / 1'000'000'000);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::string from = Concat(path, suffix);
    std::rename(from.c_str(), Concat(path, stamp, suffix).c_str());
  }
}

Status CheckPages(SqliteDatabase& database) {
  bool sound = false;
  RETURN_IF_ERROR(
      database.Run("PRAGMA quick_check(1)", {}, [&](SqliteStatement& row) { sound = row.Text(0) == "ok"; }));
  return sound ? absl::OkStatus() : absl::DataLossError("its pages do not check");
}

Status CheckVersion(SqliteDatabase& database) {
  int64_t version = 0;
  RETURN_IF_ERROR(database.Run("SELECT value FROM meta WHERE key='schema_version'", {},
                               [&](SqliteStatement& row) { version = row.Integer(0); }));
  if (version <= kSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("the database has schema version ", version, ", this jobpodd knows ", kSchemaVersion,
             "; start the newer jobpodd, or remove all pods with it before going back"));
}

StatusOr<SqliteDatabase> OpenSound(const std::string& path, const std::string& schema) {
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(path, false));
  RETURN_IF_ERROR(database.Execute("PRAGMA wal_autocheckpoint=0"));
  RETURN_IF_ERROR(Annotate(CheckPages(database), path));
  RETURN_IF_ERROR(database.Execute(kVersionSchema));
  RETURN_IF_ERROR(Annotate(CheckVersion(database), path));
  RETURN_IF_ERROR(database.Execute(schema));
  return database;
}

}  // namespace

StatusOr<OpenedDatabase> OpenDatabase(const std::string& path, const std::string& schema,
                                      std::string_view consequence) {
  StatusOr<SqliteDatabase> opened = OpenSound(path, schema);
  const bool damaged = absl::IsDataLoss(opened.status());
  if (damaged) {
    log::error("database {} is damaged ({}); it is set aside: {}", path, Message(opened.status()), consequence);
    SetAside(path);
    opened = OpenSound(path, schema);
  }
  RETURN_IF_ERROR(opened.status());
  return OpenedDatabase{*std::move(opened), damaged};
}

}  // namespace jobpod
