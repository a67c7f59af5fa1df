#include "cri/pipe_listener_windows.hpp"

#include <windows.h>

#include <sddl.h>

#include <boost/asio/post.hpp>
#include <boost/asio/windows/overlapped_ptr.hpp>
#include <set>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"

namespace jobpod {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Pipe = PipeListener::Pipe;

constexpr wchar_t kAdministratorsOnly[] = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)";
constexpr DWORD kBuffer = 64u << 10;  // in each direction, the kernel's

struct FreeLocal {
  void operator()(void* memory) const { LocalFree(memory); }
};

// Wine 8 lets a name have several first instances.
bool IsTaken(const std::wstring& path) {
  if (!RunsUnderWine()) return false;
  const Handle there(CreateFileW(path.c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  return there || GetLastError() == ERROR_PIPE_BUSY;
}

// " (process 12)" of the program that has the pipe; nothing where the system does not say (Wine).
std::string HolderOf(const std::wstring& path) {
  constexpr DWORD kFlags = SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS;
  const Handle pipe(CreateFileW(path.c_str(), FILE_READ_ATTRIBUTES, 0, nullptr, OPEN_EXISTING, kFlags, nullptr));
  ULONG process = 0;
  if (!pipe || !GetNamedPipeServerProcessId(pipe.get(), &process) || process == 0) return "";
  return Concat(" (process ", static_cast<uint64_t>(process), ")");
}

StatusOr<Handle> MakeInstance(const std::wstring& path, bool first) {
  PSECURITY_DESCRIPTOR rights = nullptr;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(kAdministratorsOnly, SDDL_REVISION_1, &rights, nullptr))
    return LastErrorStatus("make the pipe's access rights");
  const std::unique_ptr<void, FreeLocal> kept(rights);
  SECURITY_ATTRIBUTES attributes{sizeof attributes, rights, FALSE};
  constexpr DWORD kOpen = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED;
  Handle pipe(CreateNamedPipeW(path.c_str(), kOpen | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
                               PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                               PIPE_UNLIMITED_INSTANCES, kBuffer, kBuffer, 0, &attributes));
  if (pipe) return pipe;
  return LastErrorStatus(Concat("make the pipe ", Utf8(path)));
}

class WindowsPipeListener final : public PipeListener {
 public:
  WindowsPipeListener(net::io_context& io, std::wstring path, Handle first)
      : io_(io), path_(std::move(path)), first_(std::move(first)) {}
  ~WindowsPipeListener() override { WindowsPipeListener::Close(); }

  void Accept(Handler handler) override {
    StatusOr<Handle> instance = first_ ? std::move(first_) : MakeInstance(path_, false);
    if (!instance.ok()) {
      return net::post(io_, [handler = std::move(handler), why = instance.status()] { handler(why); });
    }
    const auto pipe = std::make_shared<Pipe>(io_, instance->Release());
    waiting_.insert(pipe);
    Wait(pipe, std::move(handler));
  }

  void Close() override {
    *closed_ = true;
    first_.Reset();
    Error ignored;
    for (const auto& pipe : waiting_) pipe->close(ignored);
  }

 private:
  void Wait(const std::shared_ptr<Pipe>& pipe, Handler handler) {
    net::windows::overlapped_ptr connected(
        io_, [this, pipe, handler = std::move(handler), closed = closed_](const Error& error, size_t) {
          if (*closed) return handler(absl::CancelledError("the pipe is closed"));
          waiting_.erase(pipe);
          if (!error) return handler(std::move(*pipe));
          handler(absl::UnavailableError(Concat("wait for a client: ", error.message())));
        });
    const BOOL now = ConnectNamedPipe(pipe->native_handle(), connected.get());
    const DWORD error = now ? ERROR_SUCCESS : GetLastError();
    if (now || error == ERROR_IO_PENDING) {
      connected.release();  // the completion port reports it
    } else {
      const bool there = error == ERROR_PIPE_CONNECTED;
      connected.complete(there ? Error() : Error(static_cast<int>(error), net::error::get_system_category()), 0);
    }
  }

  net::io_context& io_;
  const std::wstring path_;
  Handle first_;
  std::set<std::shared_ptr<Pipe>> waiting_;
  const std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);  // handlers may outlast this object
};

}  // namespace

StatusOr<std::unique_ptr<PipeListener>> PipeListener::Open(net::io_context& io, const std::string& path) {
  const std::wstring wide = Wide(path);
  StatusOr<Handle> first = IsTaken(wide) ? absl::PermissionDeniedError("") : MakeInstance(wide, true);
  if (first.ok()) return std::make_unique<WindowsPipeListener>(io, wide, *std::move(first));
  if (!absl::IsPermissionDenied(first.status())) return first.status();
  return absl::FailedPreconditionError(
      Concat("another program", HolderOf(wide), " already has the pipe ", path,
             "; stop it, or choose another [grpc] address: below npipe:////./pipe/ProtectedPrefix/Administrators/ nobody "
             "but administrators takes one"));
}

}  // namespace jobpod
