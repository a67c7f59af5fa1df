#include "image/http_connection.hpp"
#include "image/tls_roots.hpp"

namespace jobpod {
namespace {

Status ReadFiles(const TlsSettings& settings, net::ssl::context& context) {
  beast::error_code error;
  for (const std::string& file : settings.authorities) {
    context.load_verify_file(file, error);
    if (error) return absl::FailedPreconditionError(Concat("read the CA file ", file, ": ", error.message()));
  }
  for (const auto& [certificate, key] : settings.client) {
    context.use_certificate_chain_file(certificate, error);
    if (!error) context.use_private_key_file(key, net::ssl::context::pem, error);
    if (error)
      return absl::FailedPreconditionError(
          Concat("read the client certificate ", certificate, " and key ", key, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

TlsContext::TlsContext(const TlsSettings& settings) {
  context.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_sslv3 |
                      net::ssl::context::no_tlsv1 | net::ssl::context::no_tlsv1_1);
  context.set_verify_mode(settings.skip_verify ? net::ssl::verify_none : net::ssl::verify_peer);
  // A host without roots of its own trusts what the settings name.
  if (!settings.skip_verify) TrustHostRoots(context.native_handle());
  status = ReadFiles(settings, context);
}

}  // namespace jobpod
