// Pods and containers: the life cycle behind CRI. cri/ translates, this decides and does.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/images.hpp"
#include "runtime/events.hpp"
#include "runtime/job.hpp"
#include "runtime/snapshot.hpp"
#include "runtime/stdio_session.hpp"

namespace jobpod {

struct ExecResult {
  std::string standard_output, standard_error;  // the start of each; together at most the limit asked for
  int32_t exit_code = 0;
};

struct ContainerUsage {
  ContainerView container;
  JobUsage job;
  FilesystemUsage writable_layer;
  std::optional<uint64_t> cpu_nano_cores;  // ns of processor time a second; unset at the first sample
};

struct PodUsage {
  PodView pod;
  JobUsage job;  // the pod's whole tree
  std::vector<ContainerUsage> containers;
  std::optional<uint64_t> cpu_nano_cores;  // as above
};

struct PodManagerConfig {
  std::string root;       // durable: /var/lib/jobpod
  std::string state;      // volatile (tmpfs): /run/jobpod
  std::string shim_path;  // jobpod-shim
  std::string bind_root = "/hpc";  // where the bind layout shows the rootfs; C:\hpc
  std::string link_root;           // parent of the link layout's; empty: <root>/hpc
  std::string job_root = "jobpod";  // pods without a cgroup_parent go here
  std::chrono::milliseconds survivor_grace{5000};
};

// Thread-safe; every call may block (see each) and is meant for a worker thread, except Find…, List….
// `id` arguments of calls other than Find… are full ids.
class PodManager {
 public:
  // Opens the store, sweeps what belongs to nobody, reconnects to running shims. `images` outlives it.
  // The caller holds the lock on the root: one daemon at a time.
  static StatusOr<std::unique_ptr<PodManager>> Open(const PodManagerConfig& config, Images& images);
  virtual ~PodManager() = default;

  // Returns the new pod's id once it is READY. AlreadyExists while a pod of the same name, namespace, uid
  // and attempt exists or is being made.
  virtual StatusOr<std::string> RunPod(const PodSpec& spec, std::stop_token stop) = 0;
  // Idempotent; unknown ids are OK. Kills containers at once. Bounded: ~12 s, twice that when a process hangs in the
  // kernel and the shim does not answer.
  virtual Status StopPod(const std::string& id) = 0;
  virtual Status RemovePod(const std::string& id) = 0;
  virtual Status UpdatePodLimits(const std::string& id, const Limits& limits) = 0;

  // By id or unique prefix. NotFound; InvalidArgument when ambiguous. Never block.
  virtual StatusOr<PodView> FindPod(const std::string& id_or_prefix) const = 0;
  virtual std::vector<PodView> ListPods() const = 0;
  virtual StatusOr<ContainerView> FindContainer(const std::string& id_or_prefix) const = 0;
  virtual std::vector<ContainerView> ListContainers() const = 0;
  virtual std::vector<ContainerView> ContainersOf(const std::string& pod_id) const = 0;

  virtual StatusOr<std::string> CreateContainer(const std::string& pod_id, const ContainerSpec& spec,
                                                std::stop_token stop) = 0;
  // On failure the container is EXITED, 128, "StartError" and the error says why.
  virtual Status StartContainer(const std::string& id) = 0;
  // Returns when the whole tree is gone. A concurrent call with less time shortens the wait.
  virtual Status StopContainer(const std::string& id, std::chrono::milliseconds timeout) = 0;
  virtual Status RemoveContainer(const std::string& id) = 0;
  // What the system cannot do is listed in the result.
  virtual StatusOr<std::vector<std::string>> UpdateLimits(const std::string& id, const Limits& limits) = 0;
  virtual Status ReopenLog(const std::string& id) = 0;
  // `timeout` 0 = none. DeadlineExceeded after it, Cancelled when `stop` is requested; the exec's whole
  // tree is killed in both cases.
  virtual StatusOr<ExecResult> ExecSync(const std::string& id, const std::vector<std::string>& command,
                                        std::chrono::milliseconds timeout, size_t output_limit,
                                        std::stop_token stop) = 0;

  // Starts `command` in a running container, its streams as `request` asks; `end` runs once on `executor` (a
  // strand or the one thread of an io_context), which may be before this has returned. FailedPrecondition when
  // the container does not run; the OS's reason when the program cannot be started. May block for a call to
  // the shim.
  virtual StatusOr<std::unique_ptr<StdioSession>> ExecStream(const std::string& id,
                                                             const std::vector<std::string>& command,
                                                             const StdioRequest& request,
                                                             boost::asio::any_io_executor executor,
                                                             StdioEnd end) = 0;
  // The container's own streams, output from now on (protocol.proto says more); `end` when the container has
  // exited (its exit code), or ResourceExhausted when the client read too slowly: a client that looks on never
  // slows the container. Unimplemented when the pod's shim is older than attach.
  virtual StatusOr<std::unique_ptr<StdioSession>> AttachStream(const std::string& id,
                                                               const StdioRequest& request,
                                                               boost::asio::any_io_executor executor,
                                                               StdioEnd end) = 0;

  // Reads the job's files in this process, never asks a shim. Exited containers: FailedPrecondition.
  virtual StatusOr<ContainerUsage> Usage(const std::string& container_id, UsageDetail detail) = 0;
  virtual std::vector<ContainerUsage> UsageOfAll(UsageDetail detail) = 0;  // running and created containers
  virtual StatusOr<PodUsage> UsageOfPod(const std::string& pod_id, UsageDetail detail) = 0;

  // Log records that could not be written since this daemon began, most likely for want of disk space.
  virtual uint64_t LostLogRecords() const = 0;

  virtual EventHub& events() = 0;
  virtual const JobSystem& job_system() const = 0;
};

}  // namespace jobpod
