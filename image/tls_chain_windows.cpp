#define CERT_CHAIN_PARA_HAS_EXTRA_FIELDS
#include "image/tls_chain_windows.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <string>

#include "base/log.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr DWORD kNetworkPatience = 5'000;  // ms for each authority or list that Windows fetches

struct CloseStore {
  void operator()(HCERTSTORE store) const { CertCloseStore(store, 0); }
};
using Store = std::unique_ptr<void, CloseStore>;

struct FreeCertificate {
  void operator()(PCCERT_CONTEXT certificate) const { CertFreeCertificateContext(certificate); }
};
using Certificate = std::unique_ptr<const CERT_CONTEXT, FreeCertificate>;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

struct FreeVerification {
  void operator()(X509_STORE_CTX* verification) const { X509_STORE_CTX_free(verification); }
};

// In `store`; null when Windows cannot read it.
Certificate Put(HCERTSTORE store, X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return nullptr;
  PCCERT_CONTEXT added = nullptr;
  CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes, static_cast<DWORD>(size), CERT_STORE_ADD_ALWAYS,
                                   &added);
  OPENSSL_free(bytes);
  return Certificate(added);
}

CertificateChain BuildChain(HCERTCHAINENGINE engine, PCCERT_CONTEXT leaf, HCERTSTORE others) {
  std::string server = szOID_PKIX_KP_SERVER_AUTH;
  LPSTR usages[] = {server.data()};
  CERT_CHAIN_PARA wanted{};
  wanted.cbSize = sizeof wanted;
  wanted.RequestedUsage.dwType = USAGE_MATCH_TYPE_OR;
  wanted.RequestedUsage.Usage = {1, usages};
  wanted.dwUrlRetrievalTimeout = kNetworkPatience;
  PCCERT_CHAIN_CONTEXT chain = nullptr;
  if (!CertGetCertificateChain(engine, leaf, nullptr, others, &wanted, 0, nullptr, &chain)) return nullptr;
  return CertificateChain(chain);
}

bool IsTrusted(PCCERT_CHAIN_CONTEXT chain) {
  HTTPSPolicyCallbackData server{};
  server.cbStruct = sizeof server;
  server.dwAuthType = AUTHTYPE_SERVER;
  CERT_CHAIN_POLICY_PARA policy{};
  policy.cbSize = sizeof policy;
  policy.pvExtraPolicyPara = &server;
  CERT_CHAIN_POLICY_STATUS verdict{};
  verdict.cbSize = sizeof verdict;
  // Wine's policy does not mind a chain that ends nowhere.
  if ((chain->TrustStatus.dwErrorStatus & CERT_TRUST_IS_PARTIAL_CHAIN) != 0) return false;
  if (!CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &policy, &verdict)) return false;
  if (verdict.dwError == ERROR_SUCCESS) return true;
  log::debug("{}", Message(Win32Status(verdict.dwError, "Windows does not trust a server's certificate")));
  return false;
}

// All of a chain but the leaf.
Stack AuthoritiesOf(PCCERT_CHAIN_CONTEXT chain) {
  Stack stack(sk_X509_new_null());
  const PCERT_SIMPLE_CHAIN simple = chain->rgpChain[0];
  for (DWORD i = 1; i < simple->cElement; ++i) {
    const PCCERT_CONTEXT certificate = simple->rgpElement[i]->pCertContext;
    const unsigned char* bytes = certificate->pbCertEncoded;
    X509* parsed = d2i_X509(nullptr, &bytes, static_cast<long>(certificate->cbCertEncoded));
    if (parsed != nullptr) sk_X509_push(stack.get(), parsed);
  }
  return stack;
}

// By the context's own store alone. A verification serves once, so this is another one.
bool IsTrustedByStore(X509_STORE_CTX* verification) {
  const std::unique_ptr<X509_STORE_CTX, FreeVerification> other(X509_STORE_CTX_new());
  const bool trusted = X509_STORE_CTX_init(other.get(), X509_STORE_CTX_get0_store(verification),
                                           X509_STORE_CTX_get0_cert(verification),
                                           X509_STORE_CTX_get0_untrusted(verification)) == 1 &&
                       X509_verify_cert(other.get()) == 1;
  ERR_clear_error();
  return trusted;
}

// Windows finds the authority and OpenSSL verifies with it, the name, too (the connection's own callback). An authority
// of hosts.toml needs no word of Windows', which may go to the network for it.
int Verify(X509_STORE_CTX* verification, void* engine) {
  if (IsTrustedByStore(verification)) return X509_verify_cert(verification);
  const CertificateChain chain =
      TrustedChain(engine, X509_STORE_CTX_get0_cert(verification), X509_STORE_CTX_get0_untrusted(verification));
  if (!chain) return X509_verify_cert(verification);  // fails, and says why
  const Stack authorities = AuthoritiesOf(chain.get());
  X509_STORE_CTX_set0_trusted_stack(verification, authorities.get());
  return X509_verify_cert(verification);
}

}  // namespace

CertificateChain TrustedChain(HCERTCHAINENGINE engine, X509* leaf, const STACK_OF(X509) * others) {
  const Store sent(CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, nullptr));
  if (!sent) return nullptr;
  for (int i = 0; i < sk_X509_num(others); ++i) Put(sent.get(), sk_X509_value(others, i));
  const Certificate certificate = Put(sent.get(), leaf);
  if (!certificate) return nullptr;
  CertificateChain chain = BuildChain(engine, certificate.get(), sent.get());
  return chain && chain->cChain > 0 && IsTrusted(chain.get()) ? std::move(chain) : nullptr;
}

void TrustEngine(SSL_CTX* context, HCERTCHAINENGINE engine) {
  SSL_CTX_set_cert_verify_callback(context, Verify, engine);
}

}  // namespace jobpod
