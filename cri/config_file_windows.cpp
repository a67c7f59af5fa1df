#include "cri/config_file.hpp"

#include "base/file.hpp"
#include "base/handle_windows.hpp"
#include "base/owner_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {

// While it is held open for nobody to write, rename or remove it, the file that is looked at is the one that is read.
StatusOr<std::string> ReadConfigFile(const std::string& file, size_t max_bytes) {
  ASSIGN_OR_RETURN(const std::wstring wide, LongPath(file));
  const Handle held(CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
  if (!held) return LastErrorStatus(Concat("open ", file));
  RETURN_IF_ERROR(CheckPathOwners(file));
  RETURN_IF_ERROR(CheckOwner(held.get(), SE_FILE_OBJECT, file));
  RETURN_IF_ERROR(CheckWriters(held.get(), file));
  return ReadFile(file, max_bytes);
}

}  // namespace jobpod
