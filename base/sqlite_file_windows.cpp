#include "base/sqlite_file.hpp"

namespace jobpod {

Status MakeSqliteFilePrivate(const std::string&) { return absl::OkStatus(); }

}  // namespace jobpod
