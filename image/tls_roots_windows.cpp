#include "image/tls_chain_windows.hpp"
#include "image/tls_roots.hpp"

namespace jobpod {

void TrustHostRoots(SSL_CTX* context) {
  TrustEngine(context, HCCE_LOCAL_MACHINE);
}

}  // namespace jobpod
