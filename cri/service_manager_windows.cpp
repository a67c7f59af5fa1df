#include "cri/service_manager.hpp"

#include "cri/process.hpp"

namespace jobpod {
namespace {

// Nobody waits for word from a program of a console.
class Console final : public ServiceManager {
 public:
  std::string LogFile(const std::string&) const override { return ""; }
  void Ready() override {}
  void WaitForEnd() override { WaitForEndSignal(); }
  void Stopping() override {}
  void Left() override {}
};

}  // namespace

std::unique_ptr<ServiceManager> OrdinaryManager() {
  return std::make_unique<Console>();
}

}  // namespace jobpod
