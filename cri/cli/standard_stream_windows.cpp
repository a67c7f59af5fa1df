#include <windows.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/file_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/cli/console_windows.hpp"
#include "cri/cli/standard_stream.hpp"
#include "cri/cli/stream_thread_windows.hpp"

namespace jobpod::cli {
namespace {

using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

constexpr size_t kChunk = 32768;
constexpr wchar_t kControlZ = L'\x1a';  // at the beginning of a line it is the console's end of file

bool IsHighSurrogate(wchar_t c) {
  return c >= 0xd800 && c < 0xdc00;
}

// Waits for input; empty at its end.
class InputReader {
 public:
  std::string Read() { return console_ ? ReadKeys() : ReadBytes(); }

 private:
  std::string ReadBytes() {
    std::string bytes(kChunk, '\0');
    DWORD got = 0;
    if (!::ReadFile(input_, bytes.data(), kChunk, &got, nullptr)) got = 0;
    bytes.resize(got);
    return bytes;
  }

  // A character of two halves may come in two reads.
  std::string ReadKeys() {
    std::array<wchar_t, kChunk / 4> keys{};
    DWORD got = 0;
    std::wstring text;
    do {
      if (!ReadConsoleW(input_, keys.data(), static_cast<DWORD>(keys.size()), &got, nullptr) || got == 0) return "";
      text.append(keys.data(), got);
    } while (text.size() == 1 && IsHighSurrogate(text[0]));
    if (text[0] == kControlZ && (*console_ & ENABLE_LINE_INPUT) != 0) return "";
    return Utf8(text);
  }

  const HANDLE input_ = GetStdHandle(STD_INPUT_HANDLE);
  const std::optional<DWORD> console_ = ConsoleMode(STD_INPUT_HANDLE);
};

// Shared with what is posted, which may outlast its owner.
struct Input {
  StandardInput::Handler handler;
  std::string bytes;
};

class WindowsStandardInput final : public StandardInput {
 public:
  explicit WindowsStandardInput(boost::asio::io_context& io) : io_(io) {}
  ~WindowsStandardInput() override { input_->handler = nullptr; }

  void Read(Handler handler) override {
    input_->handler = std::move(handler);
    thread_.Do([this, guard = Guard(io_.get_executor())] {
      boost::asio::post(io_, [input = input_, bytes = reader_.Read()]() mutable {
        input->bytes = std::move(bytes);
        if (const auto done = std::exchange(input->handler, nullptr)) done(input->bytes);
      });
    });
  }

 private:
  boost::asio::io_context& io_;
  const std::shared_ptr<Input> input_ = std::make_shared<Input>();
  InputReader reader_;
  StreamThread thread_;  // ends first
};

class WindowsStandardOutput final : public StandardOutput {
 public:
  WindowsStandardOutput(boost::asio::io_context& io, DWORD standard) : io_(io), output_(GetStdHandle(standard)) {}
  ~WindowsStandardOutput() override { *handler_ = nullptr; }

  void Write(std::string_view bytes, Handler handler) override {
    *handler_ = std::move(handler);
    thread_.Do([this, bytes, guard = Guard(io_.get_executor())] {
      const bool written = WriteAll(output_, bytes, "standard output").ok();
      boost::asio::post(io_, [kept = handler_, written] {
        if (const auto done = std::exchange(*kept, nullptr)) done(written);
      });
    });
  }

 private:
  boost::asio::io_context& io_;
  const HANDLE output_;
  const std::shared_ptr<Handler> handler_ = std::make_shared<Handler>();
  StreamThread thread_;  // ends first
};

}  // namespace

std::unique_ptr<StandardInput> StandardInput::Open(boost::asio::io_context& io) {
  return std::make_unique<WindowsStandardInput>(io);
}

std::unique_ptr<StandardOutput> StandardOutput::Open(boost::asio::io_context& io, bool error_stream) {
  return std::make_unique<WindowsStandardOutput>(io, error_stream ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
}

}  // namespace jobpod::cli
