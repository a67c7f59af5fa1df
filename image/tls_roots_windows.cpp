#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/log.hpp"
#include "base/win32_windows.hpp"
#include "image/tls_roots.hpp"

namespace jobpod {
namespace {

// An authority that is trusted for mail or code alone is none of ours.
bool IsForServers(PCCERT_CONTEXT certificate) {
  DWORD size = 0;
  if (!CertGetEnhancedKeyUsage(certificate, 0, nullptr, &size)) return true;
  std::string buffer(size, '\0');
  auto* usage = reinterpret_cast<CERT_ENHKEY_USAGE*>(buffer.data());
  if (!CertGetEnhancedKeyUsage(certificate, 0, usage, &size)) return true;
  if (usage->cUsageIdentifier == 0) return GetLastError() == static_cast<DWORD>(CRYPT_E_NOT_FOUND);
  for (DWORD i = 0; i < usage->cUsageIdentifier; ++i)
    if (std::string_view(usage->rgpszUsageIdentifier[i]) == szOID_PKIX_KP_SERVER_AUTH) return true;
  return false;
}

void Trust(X509_STORE* store, PCCERT_CONTEXT certificate) {
  const unsigned char* bytes = certificate->pbCertEncoded;
  X509* parsed = d2i_X509(nullptr, &bytes, static_cast<long>(certificate->cbCertEncoded));
  if (parsed == nullptr) return;
  X509_STORE_add_cert(store, parsed);  // one that is there already is no harm
  X509_free(parsed);
}

}  // namespace

void TrustHostRoots(SSL_CTX* context) {
  const HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                                         CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_OPEN_EXISTING_FLAG |
                                             CERT_STORE_READONLY_FLAG,
                                         L"ROOT");
  if (store == nullptr) {
    log::warn("{}", Message(LastErrorStatus("open the certificate store of this machine")));
    return;
  }
  PCCERT_CONTEXT certificate = nullptr;
  while ((certificate = CertEnumCertificatesInStore(store, certificate)) != nullptr)
    if (IsForServers(certificate)) Trust(SSL_CTX_get_cert_store(context), certificate);
  CertCloseStore(store, 0);
  ERR_clear_error();
}

}  // namespace jobpod
