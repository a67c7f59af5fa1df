#include "cri/streaming/base64_reader.hpp"

#include <openssl/evp.h>

#include <new>

namespace jobpod::streaming {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Base64Reader::Base64Reader() : context_(EVP_ENCODE_CTX_new(), EVP_ENCODE_CTX_free) {
  if (!context_) throw std::bad_alloc();
  Restart();
}

Base64Reader::~Base64Reader() = default;

void Base64Reader::Restart() {
  EVP_DecodeInit(context_.get());
  padded_ = false;
}

// OpenSSL would take '-' for the end of a PEM text and blanks for nothing. It keeps up to 80 characters back.
bool Base64Reader::Feed(std::string_view text, std::string& out) {
  if (text.empty()) return true;
  if (padded_) return text.find_first_not_of("\r\n") == std::string_view::npos;
  if (text.find_first_of("- \t") != std::string_view::npos) return false;
  const size_t before = out.size();
  out.resize(before + (text.size() + 80) / 4 * 3 + 3);
  int size = 0;
  const int result = EVP_DecodeUpdate(context_.get(), reinterpret_cast<unsigned char*>(&out[before]), &size,
                                      Bytes(text), static_cast<int>(text.size()));
  out.resize(before + (result < 0 ? 0 : static_cast<size_t>(size)));
  padded_ = result == 0;
  return result >= 0;
}

bool Base64Reader::Finish() {
  unsigned char rest[80];
  int size = 0;
  return EVP_DecodeFinal(context_.get(), rest, &size) == 1;
}

}  // namespace jobpod::streaming
