// layer_bench FILE DIRECTORY: unpacks one layer into an empty directory and says how long it took, the disk
// not waited for. test/bench/layers compares that with other tools.
#include <fmt/format.h>

#include <chrono>

#include "image/import_source.hpp"
#include "image/layer_unpack.hpp"

int main(int count, char** arguments) {
  using namespace jobpod;
  if (count != 3) {
    fmt::print(stderr, "usage: layer_bench FILE DIRECTORY\n");
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto source = StreamFile(arguments[1]);
  UnpackBudget budget({});
  const auto result =
      source.ok() ? UnpackLayer(*source, arguments[2], false, budget, {}) : StatusOr<UnpackResult>(source.status());
  if (!result.ok()) {
    fmt::print(stderr, "{}\n", std::string(Message(result.status())));
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("{:.2f} s, {:.0f} MB/s out, {} files\n", took.count(),
             static_cast<double>(result->disk_bytes) / 1e6 / took.count(), result->inodes);
  return 0;
}
