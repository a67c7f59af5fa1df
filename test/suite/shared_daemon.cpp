#include "test/suite/shared_daemon.hpp"

#include <memory>

namespace jobpod::test {
namespace {

std::unique_ptr<Daemon>& Slot() {
  static std::unique_ptr<Daemon> daemon;
  return daemon;
}

}  // namespace

Daemon& SharedDaemon() {
  auto& slot = Slot();
  if (!slot) slot = std::make_unique<Daemon>();
  if (!slot->process().Running()) slot->Start();  // an earlier case crashed it: only that one fails
  return *slot;
}

std::string SharedDaemonLog() {
  return Slot() ? Slot()->LogTail() : "";
}

void EndSharedDaemon() {
  Slot().reset();
}

}  // namespace jobpod::test
