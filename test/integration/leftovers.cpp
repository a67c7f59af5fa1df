#include "test/integration/leftovers.hpp"

#include <sqlite3.h>

#include <filesystem>

#include "base/text.hpp"
#include "test/harness/host.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

void Processes(const std::string& directory, std::vector<std::string>& found) {
  for (const pid_t pid : ProcessesWith(directory))
    if (Alive(pid)) found.push_back(Concat("process ", pid, ": ", CommandLine(pid)));
}

void Cgroups(const std::set<std::string>& ids, std::vector<std::string>& found) {
  for (const std::string& id : ids)
    for (const std::string& cgroup : CgroupsWith(id)) found.push_back("cgroup " + cgroup);
}

// Entries of a directory that is empty when no pod exists.
void Entries(const std::string& directory, std::vector<std::string>& found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    found.push_back("file " + entry.path().string());
}

int Rows(sqlite3* database, const std::string& table) {
  sqlite3_stmt* statement = nullptr;
  int rows = -1;
  if (sqlite3_prepare_v2(database, ("SELECT count(*) FROM " + table).c_str(), -1, &statement, nullptr) ==
          SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    rows = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  return rows;
}

void DatabaseRows(const std::string& path, const std::vector<std::string>& tables,
                  std::vector<std::string>& found) {
  sqlite3* database = nullptr;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
    found.push_back("database " + path + " cannot be read");
  for (const std::string& table : tables)
    if (const int rows = Rows(database, table); rows != 0)
      found.push_back(Concat("database: ", rows, " rows in ", table));
  sqlite3_close(database);
}

}  // namespace

Leftovers::Leftovers(const Daemon& daemon)
    : directory_(daemon.directory()), mounts_(MountPoints()), root_stub_(fs::exists("/hpc")) {}

std::vector<std::string> Leftovers::Found(const std::set<std::string>& ids) const {
  std::vector<std::string> found;
  Processes(directory_, found);
  Cgroups(ids, found);
  for (const std::string& mount : MountPoints())
    if (!mounts_.count(mount) && mount.find("hpc") != std::string::npos) found.push_back("mount " + mount);
  for (const std::string& mount : MountPoints())
    if (mount.rfind(directory_, 0) == 0) found.push_back("mount " + mount);
  if (!root_stub_ && fs::exists("/hpc")) found.push_back("mount point /hpc");
  Entries(directory_ + "/state/pods", found);
  Entries(directory_ + "/root/images/containers", found);
  DatabaseRows(directory_ + "/root/pods.db", {"pods", "containers"}, found);
  DatabaseRows(directory_ + "/root/host.db", {"journal"}, found);
  return found;
}

}  // namespace jobpod::test
