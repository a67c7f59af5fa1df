#include "test/windows/leftovers.hpp"

#include <filesystem>

#include "base/sqlite.hpp"
#include "base/text.hpp"
#include "test/harness/processes.hpp"

namespace jobpod::test {
namespace {

namespace fs = std::filesystem;

void Processes(const Daemon& daemon, const std::set<std::string>& ids, std::vector<std::string>& found) {
  for (const pid_t pid : AllProcesses()) {
    const std::string line = CommandLine(pid);
    bool ours = line.find(daemon.directory()) != std::string::npos;
    for (const std::string& id : ids) ours |= line.find(id) != std::string::npos;
    if (ours && Alive(pid)) found.push_back(Concat("process ", pid, ": ", line));
  }
}

// Entries of a directory that is empty when no pod exists.
void Entries(const std::string& directory, std::vector<std::string>& found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    found.push_back("file " + entry.path().string());
}

void Rows(const std::string& path, const std::vector<std::string>& tables, std::vector<std::string>& found) {
  auto database = SqliteDatabase::Open(path, false);
  if (!database.ok()) {
    found.push_back(Concat("database ", path, ": ", Message(database.status())));
    return;
  }
  for (const std::string& table : tables) {
    auto rows = database->Prepare(Concat("SELECT count(*) FROM ", table));
    int64_t count = -1;
    if (rows.ok()) rows->Run([&](SqliteStatement& row) { count = row.Integer(0); }).IgnoreError();
    if (count != 0) found.push_back(Concat("database: ", count, " rows in ", table));
  }
}

}  // namespace

std::vector<std::string> Leftovers(const Daemon& daemon, const std::set<std::string>& ids) {
  std::vector<std::string> found;
  Processes(daemon, ids, found);
  for (const std::string& id : ids)
    if (fs::exists(daemon.directory() + "\\root\\hpc\\" + id)) found.push_back("link to the files of " + id);
  Entries(daemon.directory() + "\\state\\pods", found);
  Entries(daemon.directory() + "\\root\\images\\containers", found);
  Rows(daemon.directory() + "\\root\\pods.db", {"pods", "containers"}, found);
  Rows(daemon.directory() + "\\root\\host.db", {"journal"}, found);
  return found;
}

}  // namespace jobpod::test
