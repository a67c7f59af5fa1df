// The certificate authorities this host trusts.
#pragma once

#include <openssl/ssl.h>

namespace jobpod {

// Linux: OpenSSL's own paths. Windows: the machine's certificate store, "Trusted Root Certification Authorities".
void TrustHostRoots(SSL_CTX* context);

}  // namespace jobpod
