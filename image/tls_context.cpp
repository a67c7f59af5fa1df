#include "image/http_connection.hpp"

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
  beast::error_code ignored;  // a host without roots of its own trusts what the settings name
  context.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_sslv3 |
                      net::ssl::context::no_tlsv1 | net::ssl::context::no_tlsv1_1);
  context.set_verify_mode(settings.skip_verify ? net::ssl::verify_none : net::ssl::verify_peer);
  if (!settings.skip_verify) context.set_default_verify_paths(ignored);
  status = ReadFiles(settings, context);
}

}  // namespace jobpod
