// Windows' own judgement of servers' certificates. It keeps few of the public authorities in its store and fetches the
// others when it builds a chain that ends at one: whoever reads the store as a list misses most of them.
#pragma once

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

#include <openssl/ssl.h>

#include <memory>

namespace jobpod {

struct FreeChain {
  void operator()(PCCERT_CHAIN_CONTEXT chain) const { CertFreeCertificateChain(chain); }
};
using CertificateChain = std::unique_ptr<const CERT_CHAIN_CONTEXT, FreeChain>;

// From `leaf`, first, to an authority that `engine` trusts for servers; null when there is none. `others` are what the
// server has sent with it, or null. Whether the name is right and whether anything is revoked is not asked. May wait for
// the network, a few seconds. Thread-safe.
CertificateChain TrustedChain(HCERTCHAINENGINE engine, X509* leaf, const STACK_OF(X509) * others);

// Connections of `context` trust what its own store holds, and what `engine` trusts.
void TrustEngine(SSL_CTX* context, HCERTCHAINENGINE engine);

}  // namespace jobpod
