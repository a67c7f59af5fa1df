#include <sys/stat.h>

#include <cerrno>

#include "cri/address.hpp"
#include "cri/endpoint_client.hpp"

namespace jobpod {
namespace {

class UnixSocketClient final : public EndpointClient {
 public:
  explicit UnixSocketClient(std::string path) : path_(std::move(path)) {}

  std::string grpc_target() const override { return Concat("unix:", path_); }

  Status Look() const override {
    struct stat info {};
    if (stat(path_.c_str(), &info) == 0) return absl::OkStatus();
    if (errno == EACCES) return absl::PermissionDeniedError("permission denied; run as root");
    return absl::NotFoundError("there is no such socket");
  }

 private:
  const std::string path_;
};

}  // namespace

StatusOr<std::unique_ptr<EndpointClient>> EndpointClient::Open(const std::string& address) {
  ASSIGN_OR_RETURN(EndpointAddress parsed, ParseEndpoint(address));
  return std::make_unique<UnixSocketClient>(std::move(parsed.path));
}

}  // namespace jobpod
