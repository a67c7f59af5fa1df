// The certificate authorities this host trusts.
#pragma once

#include <openssl/ssl.h>

namespace jobpod {

// Besides those that `context` is given itself. Linux: OpenSSL's own paths. Windows: what the system trusts for this
// machine, asked at each connection.
void TrustHostRoots(SSL_CTX* context);

}  // namespace jobpod
