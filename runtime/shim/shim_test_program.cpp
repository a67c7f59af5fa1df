#include "runtime/shim/shim_test_program.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace jobpod::test_program {
namespace {

// Nothing a test starts may outlive it for long, whatever goes wrong.
constexpr std::chrono::minutes kLife{2};

class Words {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {}
  bool empty() const { return at_ >= words_.size(); }
  std::string Next() { return empty() ? std::string() : words_[at_++]; }
  int Number() { return std::atoi(Next().c_str()); }
  std::vector<std::string> UntilDone() {
    std::vector<std::string> inner;
    for (int depth = 1; !empty();) {
      std::string word = Next();
      depth += word == "apart" ? 1 : word == "done" ? -1 : 0;
      if (depth == 0) break;
      inner.push_back(std::move(word));
    }
    return inner;
  }

 private:
  std::vector<std::string> words_;
  size_t at_ = 0;
};

void Count(int lines) {
  std::string text;
  for (int line = 1; line <= lines; ++line) {
    text += std::to_string(line) + "\n";
    if (text.size() > 4000 || line == lines) {
      Write(Stream::kOutput, text);
      text.clear();
    }
  }
}

void Echo() {
  char buffer[4096];
  while (size_t count = Read(buffer, sizeof buffer)) Write(Stream::kOutput, {buffer, count});
}

void Lines() {
  std::string line;
  for (char byte; Read(&byte, 1) == 1;) {
    if (byte != '\n' && byte != '\r') {
      line += byte;
      continue;
    }
    if (line == "quit") return;
    if (!line.empty()) Write(Stream::kOutput, "got " + line + "\n");
    line.clear();
  }
}

int Do(Words words) {
  while (!words.empty()) {
    const std::string word = words.Next();
    if (word == "say") Write(Stream::kOutput, words.Next() + "\n");
    if (word == "cry") Write(Stream::kError, words.Next() + "\n");
    if (word == "print") Write(Stream::kOutput, words.Next());
    if (word == "count") Count(words.Number());
    if (word == "echo") Echo();
    if (word == "lines") Lines();
    if (word == "sleep") std::this_thread::sleep_for(std::chrono::milliseconds(words.Number()));
    if (word == "wait") std::this_thread::sleep_for(kLife);
    if (word == "ignore") IgnoreStops();
    if (word == "heed") {
      const int code = words.Number();
      HeedStops(code, words.Next());
    }
    if (word == "apart") StartApart(words.UntilDone());
    if (word == "tty") Write(Stream::kOutput, HasTerminal() ? "terminal\n" : "none\n");
    if (word == "size") Write(Stream::kOutput, TerminalSize() + "\n");
    if (word == "exit") return words.Number();
  }
  return 0;
}

}  // namespace
}  // namespace jobpod::test_program

int main(int argc, char** argv) {
  return jobpod::test_program::Do(jobpod::test_program::Words({argv + 1, argv + argc}));
}
