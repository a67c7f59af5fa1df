// Identifiers: 64 lower-case hexadecimal digits from the system's random source, the form CRI clients
// truncate to 13 characters and match by unique prefix.
#pragma once

#include <string>
#include <string_view>

namespace jobpod {

// A new unguessable id. Thread-safe; ends the process if the system has no random source.
std::string NewId();

// True for 1 to 64 lower-case hexadecimal digits: the only text that may become part of a path.
bool IsIdOrPrefix(std::string_view text);

// `bytes` as lower-case hexadecimal.
std::string Hex(std::string_view bytes);

}  // namespace jobpod
