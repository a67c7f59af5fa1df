#include "image/tls_roots.hpp"

namespace jobpod {

void TrustHostRoots(SSL_CTX* context) {
  SSL_CTX_set_default_verify_paths(context);
}

}  // namespace jobpod
