#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "base/scope_exit.hpp"
#include "runtime/shim/socket_address_linux.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

constexpr int kListenerInShim = 3;
constexpr int kBacklog = 16;

StatusOr<Fd> Listen(const std::string& path) {
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener) return ErrnoStatus(errno, "make a shim's socket");
  ASSIGN_OR_RETURN(SocketAddress address, ShortSocketAddress(path));
  // Before bind: the file never exists with wider permissions. (The directory is 0700 as well.)
  fchmod(listener.get(), 0600);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address.value), sizeof address.value) != 0) {
    return ErrnoStatus(errno, Concat("bind the shim's socket ", path));
  }
  if (listen(listener.get(), kBacklog) != 0) return ErrnoStatus(errno, Concat("listen on ", path));
  return listener;
}

// File actions and attributes of one spawn, owned.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // stdin and stdout are /dev/null, stderr stays the daemon's (its journal), the listener is 3.
  void Describe(int listener) {
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, listener, kListenerInShim);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kListenerInShim + 1);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

StatusOr<SpawnedShim> SpawnShim(const std::string& shim_path, const shim::Config& config) {
  std::string config_path = Concat(config.state_directory(), "/config");
  std::string socket_path = ShimSocket(config.state_directory());
  RETURN_IF_ERROR(MakeDirectories(config.state_directory(), 0700));
  RETURN_IF_ERROR(WriteFileAtomic(config_path, config.SerializeAsString()));
  ASSIGN_OR_RETURN(Fd listener, Listen(socket_path));
  ScopeExit undo([&] {
    ::unlink(socket_path.c_str());
    ::unlink(config_path.c_str());
  });
  // dup2 onto itself would keep close-on-exec: move a listener that already is 3.
  if (listener.get() == kListenerInShim) listener.Reset(fcntl(listener.get(), F_DUPFD_CLOEXEC, 10));
  SpawnSettings settings;
  settings.Describe(listener.get());
  std::string name = "jobpod-shim";
  char* arguments[] = {name.data(), config_path.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = 0;
  int error = posix_spawn(&pid, shim_path.c_str(), &settings.actions_, &settings.attributes_, arguments, environment);
  if (error != 0) return ErrnoStatus(error, Concat("start the shim ", shim_path));
  undo.Release();
  return SpawnedShim{pid, std::move(socket_path)};
}

}  // namespace jobpod
