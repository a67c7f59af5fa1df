#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "cri/address.hpp"
#include "cri/endpoint.hpp"

namespace jobpod {
namespace {

// Whether somebody accepts connections at `path`. A full backlog counts: its listener is alive.
StatusOr<bool> IsServed(const std::string& path) {
  const Fd socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_fd) return ErrnoStatus(errno, "make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (connect(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  if (errno == ECONNREFUSED) return false;
  if (errno == EAGAIN || errno == EPROTOTYPE) return true;
  return ErrnoStatus(errno, Concat("look whether a daemon listens at ", path));
}

Status RemoveStale(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoStatus(errno, Concat("look at ", path));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(
        Concat(path, " exists and is not a socket; remove it, or choose another [grpc] address"));
  }
  ASSIGN_OR_RETURN(const bool served, IsServed(path));
  if (served) {
    return absl::FailedPreconditionError(
        Concat("another program already listens at ", path, "; stop it, or choose another [grpc] address"));
  }
  if (unlink(path.c_str()) != 0) return ErrnoStatus(errno, Concat("remove the old socket ", path));
  return absl::OkStatus();
}

class UnixEndpoint final : public Endpoint {
 public:
  explicit UnixEndpoint(std::string path) : path_(std::move(path)) {}
  ~UnixEndpoint() override { unlink(path_.c_str()); }

  std::string grpc_address() const override { return Concat("unix:", path_); }
  PeerCheck peer_check() const override { return nullptr; }  // the socket's mode decides
  Status Open(int) override {
    if (chmod(path_.c_str(), 0660) == 0) return absl::OkStatus();
    return ErrnoStatus(errno, Concat("set the mode of ", path_));
  }

 private:
  const std::string path_;
};

}  // namespace

StatusOr<std::unique_ptr<Endpoint>> Endpoint::Prepare(const std::string& address) {
  ASSIGN_OR_RETURN(const EndpointAddress parsed, ParseEndpoint(address));
  const size_t slash = parsed.path.rfind('/');
  if (slash > 0) RETURN_IF_ERROR(MakeDirectories(parsed.path.substr(0, slash), 0755));
  RETURN_IF_ERROR(RemoveStale(parsed.path));
  return std::make_unique<UnixEndpoint>(parsed.path);
}

}  // namespace jobpod
