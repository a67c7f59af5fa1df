#include "runtime/cgroup_watch_linux.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <optional>

#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_tree_linux.hpp"

namespace jobpod {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

namespace {

// v1 has no event for an empty group; the exit of init is seen at once through its pidfd anyway.
constexpr std::chrono::milliseconds kEmptyPoll{200};

std::optional<uint64_t> ReadKey(int fd, std::string_view key) {
  char text[1024];
  ssize_t size = pread(fd, text, sizeof text, 0);
  if (size <= 0) return std::nullopt;
  std::string_view content(text, static_cast<size_t>(size));
  if (content.back() == '\n') content.remove_suffix(1);
  return FlatKey(content, key);
}

// An eventfd that counts up when the group or one above it runs into its limit.
StatusOr<Fd> RegisterMemoryEvent(const std::string& directory) {
  Fd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return ErrnoStatus(errno, "make an eventfd");
  ASSIGN_OR_RETURN(Fd control, OpenCgroupFile(Concat(directory, "/memory.oom_control"), O_RDONLY));
  RETURN_IF_ERROR(
      WriteCgroupFile(Concat(directory, "/cgroup.event_control"), Concat(event.get(), " ", control.get())));
  return event;
}

}  // namespace

struct JobWatch::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, JobEvents wanted) : io(context), events(std::move(wanted)) {}

  asio::io_context& io;
  const JobEvents events;
  std::atomic<bool> stopped{false};
  Descriptor group{io}, memory{io};
  asio::steady_timer timer{io};
  Hierarchy tracker;
  std::string directory;
  // Set before the first step, then touched on the io_context only.
  uint64_t seen_populated = 0, seen_kills = 0;

  void WatchGroup(bool woken);
  void WatchMemoryFile();
  void WatchMemoryEvent();
  void PollEmpty();
  Status OpenGroup();
  Status OpenMemory(const CgroupSystem& system, const std::string& job);

  void Tell(const std::function<void()>& what) const {
    if (what && !stopped) what();
  }

  // On the io_context, so that nothing below runs on two threads.
  template <typename First>
  void Begin(First first) {
    asio::post(io, [self = shared_from_this(), first] {
      if (!self->stopped) std::invoke(first, self.get());
    });
  }

  // Waiting begins before the file is read: a change in between wakes once more instead of being lost.
  template <typename Then>
  void WaitChange(Descriptor& descriptor, Descriptor::wait_type type, Then then) {
    descriptor.async_wait(type, [self = shared_from_this(), then](boost::system::error_code error) {
      if (!error && !self->stopped) then(*self);
    });
  }
};

void JobWatch::State::WatchGroup(bool woken) {
  WaitChange(group, Descriptor::wait_error, [](State& self) { self.WatchGroup(true); });
  std::optional<uint64_t> populated = ReadKey(group.native_handle(), "populated");
  uint64_t before = std::exchange(seen_populated, populated.value_or(0));
  // The file ends with the group: no more events to wait for.
  if (!populated) group.cancel();
  // A job that fills and empties between two looks wakes too: 0 after any change is news.
  if (seen_populated == 0 && (woken || before != 0)) Tell(events.became_empty);
}

void JobWatch::State::WatchMemoryFile() {
  WaitChange(memory, Descriptor::wait_error, [](State& self) { self.WatchMemoryFile(); });
  std::optional<uint64_t> kills = ReadKey(memory.native_handle(), "oom_kill");
  if (!kills) return memory.cancel();
  if (*kills > std::exchange(seen_kills, *kills)) Tell(events.memory_limit_hit);
}

void JobWatch::State::WatchMemoryEvent() {
  WaitChange(memory, Descriptor::wait_read, [](State& self) {
    uint64_t count = 0;
    bool hit = read(self.memory.native_handle(), &count, sizeof count) == sizeof count;
    // The kernel also signals when the group is removed.
    if (!CgroupExists(self.directory)) return;
    self.WatchMemoryEvent();
    if (hit) self.Tell(self.events.memory_limit_hit);
  });
}

void JobWatch::State::PollEmpty() {
  timer.expires_after(kEmptyPoll);
  timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->stopped) return;
    uint64_t populated = TreeEmpty(self->tracker, self->directory) ? 0 : 1;
    uint64_t before = std::exchange(self->seen_populated, populated);
    if (CgroupExists(self->directory)) self->PollEmpty();
    if (before != 0 && populated == 0) self->Tell(self->events.became_empty);
  });
}

Status JobWatch::State::OpenGroup() {
  if (tracker.version == 1) {
    seen_populated = 1;  // a job that fills and empties before the first look is reported, too
    Begin(&State::PollEmpty);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Fd file, OpenCgroupFile(Concat(directory, "/cgroup.events"), O_RDONLY));
  seen_populated = ReadKey(file.get(), "populated").value_or(0);
  group.assign(file.Release());
  Begin([](State* self) { self->WatchGroup(false); });
  return absl::OkStatus();
}

Status JobWatch::State::OpenMemory(const CgroupSystem& system, const std::string& job) {
  const Hierarchy* hierarchy = system.With("memory");
  if (hierarchy == nullptr || !events.memory_limit_hit) return absl::OkStatus();
  std::string where = hierarchy->Path(job);
  if (hierarchy->version == 1) {
    if (!CgroupExists(where)) return absl::OkStatus();
    ASSIGN_OR_RETURN(Fd event, RegisterMemoryEvent(where));
    memory.assign(event.Release());
    Begin(&State::WatchMemoryEvent);
    return absl::OkStatus();
  }
  StatusOr<Fd> file = OpenCgroupFile(Concat(where, "/memory.events"), O_RDONLY);
  if (absl::IsNotFound(file.status())) return absl::OkStatus();  // an exec job has none
  RETURN_IF_ERROR(file.status());
  seen_kills = ReadKey(file->get(), "oom_kill").value_or(0);
  memory.assign(file->Release());
  Begin(&State::WatchMemoryFile);
  return absl::OkStatus();
}

StatusOr<std::unique_ptr<JobWatch>> JobWatch::Start(const CgroupSystem& system, const std::string& job,
                                                    asio::io_context& io, JobEvents events) {
  auto state = std::make_shared<State>(io, std::move(events));
  state->tracker = system.Tracker();
  state->directory = system.Tracker().Path(job);
  std::unique_ptr<JobWatch> watch(new JobWatch(state));
  try {
    RETURN_IF_ERROR(state->OpenGroup());
    RETURN_IF_ERROR(state->OpenMemory(system, job));
  } catch (const boost::system::system_error& error) {
    return absl::InternalError(Concat("job ", job, " cannot be watched: ", error.what()));
  }
  return watch;
}

// Descriptors belong to the io_context's threads, so they are closed there.
JobWatch::~JobWatch() {
  state_->stopped = true;
  asio::post(state_->io, [state = state_] {
    boost::system::error_code ignored;
    state->group.close(ignored);
    state->memory.close(ignored);
    state->timer.cancel();
  });
}

}  // namespace jobpod
