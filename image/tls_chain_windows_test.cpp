// A client that trusts what Windows trusts, and a server in the same process. The engine has roots of its own, for
// nobody's machine should trust a test.
#include "image/tls_chain_windows.hpp"

#include <openssl/x509v3.h>

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

struct FreeIdentity {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct Identity {
  std::unique_ptr<X509, FreeIdentity> certificate;
  std::unique_ptr<EVP_PKEY, FreeIdentity> key;
};

void Extend(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  REQUIRE(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Signed by `authority`, or by itself.
Identity MakeIdentity(const char* name, const Identity* authority, const char* usage) {
  static long serial = 0;
  Identity made{std::unique_ptr<X509, FreeIdentity>(X509_new()),
                std::unique_ptr<EVP_PKEY, FreeIdentity>(EVP_RSA_gen(2048))};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  const Identity& by = authority ? *authority : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(by.certificate.get()));
  Extend(certificate, NID_basic_constraints, usage ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (usage) Extend(certificate, NID_ext_key_usage, usage);
  REQUIRE(X509_sign(certificate, by.key.get(), EVP_sha256()) > 0);
  return made;
}

// Trusts one authority, or none.
class Engine {
 public:
  explicit Engine(const Identity* root) {
    if (root) {
      unsigned char* bytes = nullptr;
      const int size = i2d_X509(root->certificate.get(), &bytes);
      CertAddEncodedCertificateToStore(roots_, X509_ASN_ENCODING, bytes, static_cast<DWORD>(size),
                                       CERT_STORE_ADD_ALWAYS, nullptr);
      OPENSSL_free(bytes);
    }
    CERT_CHAIN_ENGINE_CONFIG config{};
    config.cbSize = offsetof(CERT_CHAIN_ENGINE_CONFIG, hExclusiveTrustedPeople) + sizeof(HCERTSTORE);
    config.hExclusiveRoot = roots_;
    REQUIRE(CertCreateCertificateChainEngine(&config, &engine_));
  }
  ~Engine() {
    CertFreeCertificateChainEngine(engine_);
    CertCloseStore(roots_, 0);
  }
  HCERTCHAINENGINE get() const { return engine_; }

 private:
  const HCERTSTORE roots_ = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, nullptr);
  HCERTCHAINENGINE engine_ = nullptr;
};

// A handshake in memory; what the client thinks of the server's certificate.
long Verdict(const Identity& server, const Identity* sent, const Identity* own, HCERTCHAINENGINE engine) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> serving(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
      asking(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(serving.get(), server.certificate.get());
  SSL_CTX_use_PrivateKey(serving.get(), server.key.get());
  if (sent) SSL_CTX_add1_chain_cert(serving.get(), sent->certificate.get());
  SSL_CTX_set_verify(asking.get(), SSL_VERIFY_PEER, nullptr);
  if (own) X509_STORE_add_cert(SSL_CTX_get_cert_store(asking.get()), own->certificate.get());
  TrustEngine(asking.get(), engine);
  const std::unique_ptr<SSL, decltype(&SSL_free)> there(SSL_new(serving.get()), SSL_free),
      here(SSL_new(asking.get()), SSL_free);
  BIO *one = nullptr, *other = nullptr;
  REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
  SSL_set_bio(there.get(), one, one);
  SSL_set_bio(here.get(), other, other);
  SSL_set_accept_state(there.get());
  SSL_set_connect_state(here.get());
  for (int i = 0; i < 10 && !(SSL_is_init_finished(here.get()) && SSL_is_init_finished(there.get())); ++i) {
    SSL_do_handshake(here.get());
    SSL_do_handshake(there.get());
  }
  return SSL_get_verify_result(here.get());
}

TEST_CASE("a server is trusted when Windows trusts its authority, and not otherwise") {
  const Identity root = MakeIdentity("Root", nullptr, nullptr), between = MakeIdentity("Between", &root, nullptr);
  const Identity direct = MakeIdentity("direct", &root, "serverAuth");
  const Identity server = MakeIdentity("server", &between, "serverAuth");
  const Identity client = MakeIdentity("client", &root, "clientAuth");
  const Engine trusting(&root), empty(nullptr);
  CHECK(Verdict(direct, nullptr, nullptr, trusting.get()) == X509_V_OK);
  CHECK(Verdict(server, &between, nullptr, trusting.get()) == X509_V_OK);
  CHECK(Verdict(server, nullptr, nullptr, trusting.get()) != X509_V_OK);  // nobody knows who is between
  CHECK(Verdict(client, nullptr, nullptr, trusting.get()) != X509_V_OK);
  CHECK(Verdict(direct, nullptr, nullptr, empty.get()) != X509_V_OK);
}

TEST_CASE("an authority of hosts.toml is trusted without Windows, and Windows' ones beside it") {
  const Identity root = MakeIdentity("Root", nullptr, nullptr), own = MakeIdentity("Own", nullptr, nullptr);
  const Identity direct = MakeIdentity("direct", &root, "serverAuth"), private_one = MakeIdentity("private", &own, "serverAuth");
  const Engine trusting(&root), empty(nullptr);
  CHECK(Verdict(private_one, nullptr, &own, empty.get()) == X509_V_OK);
  CHECK(Verdict(direct, nullptr, &own, trusting.get()) == X509_V_OK);
  CHECK(Verdict(direct, nullptr, &own, empty.get()) != X509_V_OK);
}

TEST_CASE("a chain begins with the server's certificate and ends with the authority") {
  const Identity root = MakeIdentity("Root", nullptr, nullptr), direct = MakeIdentity("direct", &root, "serverAuth");
  const Engine trusting(&root), empty(nullptr);
  const CertificateChain chain = TrustedChain(trusting.get(), direct.certificate.get(), nullptr);
  REQUIRE(chain);
  CHECK(chain->rgpChain[0]->cElement == 2);
  CHECK_FALSE(TrustedChain(empty.get(), direct.certificate.get(), nullptr));
}

}  // namespace
}  // namespace jobpod
