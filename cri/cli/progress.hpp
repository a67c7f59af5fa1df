// How far a pull is: bars that redraw themselves on a terminal, plain lines elsewhere.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace jobpod::cli {

struct LayerState {
  std::string layer;  // digest
  std::string phase;  // as PullProgress says
  uint64_t done = 0, total = 0;
};

// "1.5 MiB"
std::string HumanBytes(uint64_t bytes);

// One line, without its end, at most `width` columns: "a1b2c3d4e5f6 downloading [=====>    ] 1.5/3.0 MiB".
std::string RenderLayer(const LayerState& state, size_t width);

// Not thread-safe.
class ProgressView {
 public:
  // `terminal`: redraw in place, `width` columns and `height` lines; otherwise one line for each phase.
  ProgressView(std::FILE* out, bool terminal, size_t width, size_t height);

  // For standard error, as it is.
  static ProgressView ForStandardError();

  void Update(const LayerState& state);

 private:
  void Redraw();

  std::FILE* out_;
  bool terminal_;
  size_t width_, height_;
  size_t drawn_ = 0;                // lines on the screen that belong to this view
  std::vector<LayerState> layers_;  // in the order they came
};

}  // namespace jobpod::cli
