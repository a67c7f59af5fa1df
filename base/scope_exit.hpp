// Rollback that stands right after what it undoes: `ScopeExit undo([&] {...}); …; undo.Release();`
#pragma once

#include <utility>

namespace jobpod {

template <typename Function>
class [[nodiscard]] ScopeExit {
 public:
  explicit ScopeExit(Function function) : function_(std::move(function)) {}
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;
  ~ScopeExit() {
    if (armed_) function_();
  }
  void Release() { armed_ = false; }

 private:
  Function function_;
  bool armed_ = true;
};

}  // namespace jobpod
