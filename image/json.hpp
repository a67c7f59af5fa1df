// Reading hostile JSON: a missing member or one of another type reads as null or empty.
// Included by .cpp files only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace jobpod {

using Json = nlohmann::json;

// Discarded (neither object nor array) when the text is no JSON or nested too deeply.
Json ParseJson(std::string_view text);

const Json& Member(const Json& object, const char* name);
std::string Text(const Json& object, const char* name);
std::vector<std::string> TextList(const Json& object, const char* name);

// A stranger's text for a message of ours: one line, printable, at most 300 bytes.
std::string Printable(std::string_view text);

}  // namespace jobpod
