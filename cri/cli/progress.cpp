#include "cri/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cri/cli/terminal.hpp"

namespace jobpod::cli {
namespace {

constexpr size_t kMinBar = 10, kMaxBar = 40;

std::string ShortDigest(std::string_view digest) {
  const size_t colon = digest.find(':');
  if (colon != std::string_view::npos) digest.remove_prefix(colon + 1);
  return std::string(digest.substr(0, 12));
}

std::string Bar(uint64_t done, uint64_t total, size_t width) {
  const double part = total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto full = static_cast<size_t>(part * static_cast<double>(width));
  std::string bar(full, '=');
  if (full < width) bar += '>';
  bar.resize(width, ' ');
  return "[" + bar + "]";
}

bool InMotion(const LayerState& state) {
  return state.phase == "downloading" || state.phase == "unpacking";
}

}  // namespace

std::string HumanBytes(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string RenderLayer(const LayerState& state, size_t width) {
  std::string line = fmt::format("{} {:<11}", ShortDigest(state.layer), state.phase);
  if (InMotion(state)) {
    const std::string amount = state.total == 0
                                   ? HumanBytes(state.done)
                                   : fmt::format("{} of {}", HumanBytes(state.done), HumanBytes(state.total));
    const size_t used = line.size() + amount.size() + 4;
    if (state.total != 0 && width >= used + kMinBar) {
      line += " " + Bar(state.done, state.total, std::min(kMaxBar, width - used));
    }
    line += " " + amount;
  }
  line.resize(std::min(line.size(), width));
  return line;
}

ProgressView::ProgressView(std::FILE* out, bool terminal, size_t width, size_t height)
    : out_(out), terminal_(terminal), width_(width), height_(height) {}

ProgressView ProgressView::ForStandardError() {
  const TerminalSize size = StandardErrorSize();
  return {stderr, size.columns > 0, size.columns, size.lines};
}

void ProgressView::Update(const LayerState& state) {
  const auto same = [&](const LayerState& other) { return other.layer == state.layer; };
  auto found = std::ranges::find_if(layers_, same);
  const bool new_phase = found == layers_.end() || found->phase != state.phase;
  if (found == layers_.end()) found = layers_.insert(layers_.end(), state);
  *found = state;
  if (terminal_) return Redraw();
  if (new_phase) fmt::print(out_, "{} {}\n", ShortDigest(state.layer), state.phase);
}

// Only the last lines fit when there are more layers than the screen is high.
void ProgressView::Redraw() {
  std::string text = drawn_ > 0 ? fmt::format("\x1b[{}A", drawn_) : "";
  const size_t shown = std::min(layers_.size(), height_ > 1 ? height_ - 1 : 1);
  for (size_t i = layers_.size() - shown; i < layers_.size(); ++i) {
    text += fmt::format("\r\x1b[2K{}\n", RenderLayer(layers_[i], width_ > 1 ? width_ - 1 : 1));
  }
  drawn_ = shown;
  fmt::print(out_, "{}", text);
  std::fflush(out_);
}

}  // namespace jobpod::cli
