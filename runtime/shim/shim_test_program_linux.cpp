#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "runtime/shim/shim_test_program.hpp"

namespace jobpod::test_program {
namespace {

constexpr int kStops[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
int heeded_code = 0;
std::string* heeded_text = nullptr;

void Heed(int) {
  Write(Stream::kOutput, *heeded_text);
  _exit(heeded_code);
}

}  // namespace

void Write(Stream stream, std::string_view bytes) {
  const int fd = stream == Stream::kOutput ? STDOUT_FILENO : STDERR_FILENO;
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

size_t Read(char* buffer, size_t size) {
  const ssize_t count = read(STDIN_FILENO, buffer, size);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void IgnoreStops() {
  for (int stop : kStops) signal(stop, SIG_IGN);
}

void HeedStops(int code, const std::string& text) {
  heeded_code = code;
  heeded_text = new std::string(text + "\n");  // for as long as the process lives
  for (int stop : kStops) signal(stop, Heed);
}

void StartApart(const std::vector<std::string>& words) {
  if (fork() != 0) return;
  setsid();
  std::string self = "/proc/self/exe";
  std::vector<std::string> copies = words;
  std::vector<char*> arguments = {self.data()};
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(self.c_str(), arguments.data());
  _exit(1);
}

bool HasTerminal() {
  return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

std::string TerminalSize() {
  winsize size{};
  ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return std::to_string(size.ws_col) + "x" + std::to_string(size.ws_row);
}

}  // namespace jobpod::test_program
