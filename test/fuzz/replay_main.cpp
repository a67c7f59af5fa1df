// Runs a fuzz target over the files and directories named on the command line, and over some hundred changed copies of
// each: the same ones every time. What a crash was about is left in <program>.input, for this program to replay.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

constexpr int kCopies = 300;

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& corpus) : corpus_(corpus) {}

  std::string Change(std::string bytes) {
    for (size_t changes = 1 + Below(4); changes > 0; --changes) ChangeOnce(bytes);
    return bytes;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void ChangeOnce(std::string& bytes) {
    const size_t at = Below(bytes.size());
    const size_t length = Below(std::min<size_t>(bytes.size() - at, 64));
    switch (Below(6)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = "\x00\x7f\x80\xff/09"[Below(7)];
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, std::string(bytes.substr(Below(bytes.size()), length)));
        break;
      case 4:
        bytes.resize(at);
        break;
      default: {  // this one's beginning, another one's end
        const std::string& other = corpus_[Below(corpus_.size())];
        bytes = bytes.substr(0, at) + other.substr(Below(other.size()));
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;  // not seeded: the same on every run and system
};

void Run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::vector<std::string> Read(int count, char** names) {
  std::vector<fs::path> paths;
  for (int at = 1; at < count; ++at) {
    if (!fs::is_directory(names[at])) paths.emplace_back(names[at]);
    if (fs::is_directory(names[at]))
      for (const auto& entry : fs::recursive_directory_iterator(names[at]))
        if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> corpus;
  for (const fs::path& path : paths) {
    auto bytes = jobpod::ReadFile(path);
    if (!bytes.ok()) fprintf(stderr, "%s\n", std::string(jobpod::Message(bytes.status())).c_str());
    if (bytes.ok()) corpus.push_back(*std::move(bytes));
  }
  return corpus;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> corpus = Read(count, arguments);
  for (const std::string& bytes : corpus) Run(bytes);
  const std::string trace = std::string(arguments[0]) + ".input";
  Mutator mutator(corpus);
  for (const std::string& bytes : corpus) {
    for (int copy = 0; copy < kCopies; ++copy) {
      const std::string changed = mutator.Change(bytes);
      if (!jobpod::WriteFileAtomic(trace, changed, 0600).ok()) return 1;
      Run(changed);
    }
  }
  fs::remove(trace);
  printf("%zu inputs and %zu changed copies replayed\n", corpus.size(), corpus.size() * kCopies);
  return corpus.empty() ? 1 : 0;
}
