#include "cri/cli/exit_watch.hpp"

namespace jobpod::cli {

ExitWatch::ExitWatch(const Client& client, std::string container_id)
    : thread_([this, &client, id = std::move(container_id)] { Loop(client, id); }) {}

ExitWatch::~ExitWatch() {
  context_.TryCancel();
  thread_.join();
}

void ExitWatch::Loop(const Client& client, const std::string& container_id) {
  const auto stream = client.runtime->GetContainerEvents(&context_, {});
  for (cri::ContainerEventResponse event; stream->Read(&event);) {
    if (event.container_id() != container_id) continue;
    if (event.container_event_type() == cri::CONTAINER_STOPPED_EVENT ||
        event.container_event_type() == cri::CONTAINER_DELETED_EVENT) {
      break;
    }
  }
  context_.TryCancel();
  stream->Finish().ok();
  event_->Set();
}

}  // namespace jobpod::cli
