// The file of a database before SQLite opens it.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

// Lets nobody but the owner read the database `path` and the files SQLite keeps beside it, which take their
// mode from it. Makes the database when it is missing. Where the directory's own list of rights is inherited
// (Windows) there is nothing to do.
Status MakeSqliteFilePrivate(const std::string& path);

}  // namespace jobpod
