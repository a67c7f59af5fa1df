#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/windows/stream_handle.hpp>

#include "base/owner_windows.hpp"
#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/shim/client_core.hpp"

namespace jobpod {
namespace {

constexpr DWORD kBusyPause = 50;  // ms
constexpr std::chrono::seconds kBusyBound{2};

DWORD MillisecondsUntil(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<DWORD>(std::max<int64_t>(left.count(), 0));
}

class WindowsShimClient final : public ShimClientCore {
 public:
  WindowsShimClient(boost::asio::io_context& io, Handle pipe, Callbacks callbacks)
      : ShimClientCore(std::move(callbacks)),
        pipe_(io, pipe.get()),
        written_(CreateEventW(nullptr, TRUE, FALSE, nullptr)),
        cut_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
    pipe.Release();
  }

 private:
  void Read() override {
    pipe_.async_read_some(boost::asio::buffer(buffer_),
                          [self = Self()](const boost::system::error_code& error, size_t size) {
                            if (!error && self->Received({self->buffer_.data(), size})) return self->Read();
                            self->End();
                            self->ClosePipe();
                          });
  }

  Status Write(std::string_view& data, const std::vector<NativeHandle>&, Deadline until) override {
    std::scoped_lock lock(pipe_mutex_);
    while (!data.empty()) {
      if (!pipe_.is_open()) return absl::UnavailableError("the pod's shim is gone");
      ASSIGN_OR_RETURN(const size_t count, WriteSome(data, until));
      data.remove_prefix(count);
    }
    return absl::OkStatus();
  }

  StatusOr<size_t> WriteSome(std::string_view data, Deadline until) {
    OVERLAPPED operation{};
    // The low bit keeps the end of this from the completion port that the reads report to.
    operation.hEvent = reinterpret_cast<HANDLE>(reinterpret_cast<uintptr_t>(written_.get()) | 1);
    const HANDLE pipe = pipe_.native_handle();
    const auto size = static_cast<DWORD>(std::min<size_t>(data.size(), kPipeCapacity));
    if (!WriteFile(pipe, data.data(), size, nullptr, &operation) && GetLastError() != ERROR_IO_PENDING) {
      return absl::UnavailableError("the pod's shim is gone");
    }
    const HANDLE ends[] = {written_.get(), cut_.get()};
    const DWORD end = WaitForMultipleObjects(2, ends, FALSE, MillisecondsUntil(until));
    if (end != WAIT_OBJECT_0) CancelIoEx(pipe, &operation);
    DWORD count = 0;
    const bool done = GetOverlappedResult(pipe, &operation, &count, TRUE) != 0;
    if (done && count > 0) return count;
    if (end == WAIT_TIMEOUT) return absl::DeadlineExceededError("the pod's shim does not read its pipe");
    return absl::UnavailableError("the pod's shim is gone");
  }

  // They are the shim's from the moment it has the request.
  Status NameHandles(const std::vector<NativeHandle>& handles, shim::ToShim& request) override {
    for (NativeHandle handle : handles) {
      HANDLE theirs = nullptr;
      if (!DuplicateHandle(GetCurrentProcess(), reinterpret_cast<HANDLE>(handle), shim_.get(), &theirs, 0, FALSE,
                           DUPLICATE_SAME_ACCESS)) {
        return LastErrorStatus("hand a stream to the pod's shim");
      }
      request.add_handles(reinterpret_cast<uintptr_t>(theirs));
    }
    return absl::OkStatus();
  }

  void TakeHandlesBack(const shim::ToShim& request) override {
    for (uint64_t theirs : request.handles()) {
      DuplicateHandle(shim_.get(), reinterpret_cast<HANDLE>(theirs), nullptr, nullptr, 0, FALSE,
                      DUPLICATE_CLOSE_SOURCE);
    }
  }

  // Looked at again behind the handle: while the pipe is whole its other end lives, and the number is its own.
  Status Meet(int32_t pid) override {
    Handle process(OpenProcess(PROCESS_DUP_HANDLE, FALSE, static_cast<DWORD>(pid)));
    if (!process) return LastErrorStatus(Concat("open the pod's shim, process ", pid));
    std::scoped_lock lock(pipe_mutex_);
    if (!pipe_.is_open() || !BytesIn(pipe_.native_handle()).ok()) {
      return absl::UnavailableError("the pod's shim is gone");
    }
    if (!shim_) shim_ = std::move(process);
    return absl::OkStatus();
  }

  // A write under way is given up first; the end of the read tells the rest.
  void CutOff() override {
    SetEvent(cut_.get());
    boost::asio::post(pipe_.get_executor(), [self = Self()] { self->ClosePipe(); });
  }

  void ClosePipe() {
    SetEvent(cut_.get());
    std::scoped_lock lock(pipe_mutex_);
    boost::system::error_code ignored;
    pipe_.close(ignored);
  }

  std::shared_ptr<WindowsShimClient> Self() {
    return std::static_pointer_cast<WindowsShimClient>(shared_from_this());
  }

  std::mutex pipe_mutex_;  // a handle must not be closed while it is written to
  boost::asio::windows::stream_handle pipe_;
  const Handle written_, cut_;
  Handle shim_;  // its process; set by Meet, before anything has handles
  std::array<char, 4096> buffer_;
};

StatusOr<Handle> Open(const std::string& name) {
  // Whoever answers cannot act as this account.
  constexpr DWORD kFlags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
  const std::wstring wide = Wide(name);
  const Deadline until = After(kBusyBound);
  for (;;) {
    Handle pipe(CreateFileW(wide.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, kFlags, nullptr));
    if (pipe) return pipe;
    const DWORD error = GetLastError();
    if (error != ERROR_PIPE_BUSY) return Win32Status(error, Concat("connect to the shim at ", name));
    // Not Unavailable, which is what a dead shim is: this one lives, for the pipe is its.
    if (std::chrono::steady_clock::now() >= until) {
      return absl::DeadlineExceededError(Concat("the shim at ", name, " does not take connections"));
    }
    WaitNamedPipeW(wide.c_str(), kBusyPause);
  }
}

}  // namespace

StatusOr<std::shared_ptr<ShimClient>> ShimClient::Connect(boost::asio::io_context& io, const std::string& socket,
                                                          Callbacks callbacks) {
  ASSIGN_OR_RETURN(Handle pipe, Open(socket));
  RETURN_IF_ERROR(CheckOwner(pipe.get(), SE_KERNEL_OBJECT, Concat("the pipe ", socket)));
  auto client = std::make_shared<WindowsShimClient>(io, std::move(pipe), std::move(callbacks));
  boost::asio::post(io, [client] { client->Begin(); });
  return std::static_pointer_cast<ShimClient>(client);
}

}  // namespace jobpod
