// SHA-256 digests as registries write them: "sha256:<64 lower-case hexadecimal digits>".
#pragma once

#include <string>
#include <string_view>

namespace jobpod {

bool IsDigest(std::string_view text);

// The part after "sha256:"; `digest` must satisfy IsDigest.
std::string DigestHex(std::string_view digest);

// Empty when the system refuses SHA-256, so that it never equals a wanted digest.
std::string DigestOf(std::string_view bytes);

}  // namespace jobpod
