#include "image/registry_client.hpp"

#include <algorithm>

#include "image/blob_download.hpp"
#include "image/digest.hpp"

namespace jobpod {
namespace {

Status WrongDigest(const std::string& registry, const std::string& wanted, const std::string& actual) {
  return absl::DataLossError(Concat("registry ", registry, " sends something else as ", wanted,
                                    ": the digest is ", actual));
}

Status NoEndpoint() {
  return absl::FailedPreconditionError(
      "no endpoint in hosts.toml may be asked for this; add the capabilities \"pull\" and \"resolve\"");
}

StatusOr<FetchedManifest> CheckManifest(const RegistryEndpoint& endpoint, const std::string& version,
                                        const HttpResponse& response, std::string bytes) {
  FetchedManifest out{std::move(bytes), response.Header("Content-Type"), ""};
  out.digest = DigestOf(out.bytes);
  const std::string announced = response.Header("Docker-Content-Digest");
  if (IsDigest(version) && out.digest != version) return WrongDigest(endpoint.Name(), version, out.digest);
  if (IsDigest(announced) && out.digest != announced)
    return WrongDigest(endpoint.Name(), announced, out.digest);
  return out;
}

// Asks again when the answer's body breaks off.
StatusOr<FetchedManifest> GetManifest(RegistryEndpoint& endpoint, const std::string& version,
                                      uint64_t max_bytes, const std::stop_token& stop) {
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(const auto response,
                     endpoint.Ask("GET", Concat("manifests/", version), {{"Accept", kManifestAccept}}, stop));
    auto bytes = response->ReadAll(max_bytes);
    if (bytes.ok()) return CheckManifest(endpoint, version, *response, *std::move(bytes));
    const Status why =
        Annotate(bytes.status(), Concat("read manifest ", version, " from registry ", endpoint.Name()));
    if (!absl::IsUnavailable(why)) return why;
    if (attempt >= endpoint.retry().attempts) return Annotate(why, "RegistryUnavailable");
    if (!WaitFor(BackOff(endpoint.retry(), attempt), stop)) return absl::CancelledError("cancelled");
  }
}

StatusOr<std::string> ReadAll(const ByteSource& source, uint64_t size) {
  std::string out(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    ASSIGN_OR_RETURN(const size_t got, source(out.data() + filled, size - filled));
    if (got == 0) break;
    filled += got;
  }
  out.resize(filled);
  return out;
}

}  // namespace

RegistryClient::RegistryClient(const Reference& reference, const Credentials& credentials,
                               const std::vector<RegistryHost>& hosts, const RegistrySettings& settings) {
  const auto last = std::ranges::find(hosts.rbegin(), hosts.rend(), true, &RegistryHost::can_pull);
  const auto patient = hosts.rend() - last - 1;
  for (size_t i = 0; i < hosts.size(); ++i) {
    RegistrySettings own = settings;
    // Waiting for a mirror that fails is worse than asking the next one.
    if (static_cast<std::ptrdiff_t>(i) < patient) own.retry.attempts = 1;
    endpoints_.push_back(std::make_unique<RegistryEndpoint>(hosts[i], reference, credentials, own));
  }
}

std::vector<RegistryEndpoint*> RegistryClient::Able(bool RegistryHost::*able) const {
  std::vector<RegistryEndpoint*> all, up;
  for (const auto& endpoint : endpoints_)
    if (endpoint->host().*able) all.push_back(endpoint.get());
  for (RegistryEndpoint* endpoint : all)
    if (endpoint == all.back() || !endpoint->down()) up.push_back(endpoint);
  return up;
}

template <typename Function>
auto RegistryClient::FromAny(bool RegistryHost::*able, Function ask)
    -> decltype(ask(std::declval<RegistryEndpoint&>())) {
  Status last = NoEndpoint();
  for (RegistryEndpoint* endpoint : Able(able)) {
    auto answer = ask(*endpoint);
    if (answer.ok() || absl::IsCancelled(answer.status())) return answer;
    last = answer.status();
    if (absl::IsUnavailable(last)) endpoint->MarkDown();
  }
  return last;
}

StatusOr<std::string> RegistryClient::CurrentDigest(const std::string& version, std::stop_token stop) {
  return FromAny(&RegistryHost::can_resolve, [&](RegistryEndpoint& endpoint) -> StatusOr<std::string> {
    ASSIGN_OR_RETURN(const auto response, endpoint.Ask("HEAD", Concat("manifests/", version),
                                                       {{"Accept", kManifestAccept}}, stop));
    const std::string digest = response->Header("Docker-Content-Digest");
    if (!IsDigest(digest)) return "";
    if (IsDigest(version) && digest != version) return WrongDigest(endpoint.Name(), version, digest);
    return digest;
  });
}

StatusOr<FetchedManifest> RegistryClient::Manifest(const std::string& version, uint64_t max_bytes,
                                                   std::stop_token stop) {
  const auto able = IsDigest(version) ? &RegistryHost::can_pull : &RegistryHost::can_resolve;
  return FromAny(able,
                 [&](RegistryEndpoint& endpoint) { return GetManifest(endpoint, version, max_bytes, stop); });
}

StatusOr<std::string> RegistryClient::SmallBlob(const Descriptor& blob, uint64_t max_bytes,
                                                std::stop_token stop) {
  if (blob.size > max_bytes)
    return absl::ResourceExhaustedError(
        Concat("blob ", blob.digest, " has ", blob.size, " bytes, over the limit of ", max_bytes));
  return FromAny(&RegistryHost::can_pull, [&](RegistryEndpoint& endpoint) -> StatusOr<std::string> {
    BlobDownload stream({&endpoint}, blob, nullptr, stop);
    RETURN_IF_ERROR(stream.Open());
    ASSIGN_OR_RETURN(
        std::string bytes,
        ReadAll([&](char* buffer, size_t size) { return stream.Read(buffer, size); }, blob.size));
    const std::string actual = DigestOf(bytes);
    if (actual != blob.digest) return WrongDigest(endpoint.Name(), blob.digest, actual);
    return bytes;
  });
}

StatusOr<ByteSource> RegistryClient::OpenBlob(const Descriptor& blob, std::function<void(uint64_t)> on_bytes,
                                              std::stop_token stop) {
  auto endpoints = Able(&RegistryHost::can_pull);
  if (endpoints.empty()) return NoEndpoint();
  auto stream = std::make_shared<BlobDownload>(std::move(endpoints), blob, std::move(on_bytes), std::move(stop));
  RETURN_IF_ERROR(stream->Open());
  return ByteSource([stream](char* buffer, size_t size) { return stream->Read(buffer, size); });
}

}  // namespace jobpod
