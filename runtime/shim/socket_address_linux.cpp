#include "runtime/shim/socket_address_linux.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cstring>

#include "base/file_linux.hpp"

namespace jobpod {

StatusOr<SocketAddress> ShortSocketAddress(const std::string& path) {
  SocketAddress address;
  std::string name = path;
  if (name.size() >= sizeof address.value.sun_path) {
    size_t slash = path.rfind('/');
    ASSIGN_OR_RETURN(address.directory, OpenFile(path.substr(0, slash + 1), O_PATH | O_DIRECTORY));
    name = Concat("/proc/self/fd/", address.directory.get(), path.substr(slash));
  }
  address.value.sun_family = AF_UNIX;
  memcpy(address.value.sun_path, name.c_str(), name.size() + 1);
  return address;
}

}  // namespace jobpod
