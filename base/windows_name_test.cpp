#include "base/windows_name.hpp"

#include <catch2/catch.hpp>

namespace jobpod {
namespace {

TEST_CASE("names that Windows programs cannot open are refused with the reason") {
  for (const char* name : {"CON", "con", "NUL.txt", "Aux .log", "COM1", "lpt9.x.y", "COM\xC2\xB9", "CONIN$", "conout$"}) {
    CAPTURE(name);
    CHECK(std::string(CheckWindowsName(name).message()).find("device") != std::string::npos);
  }
  for (const char* name : {"a.", "a ", "...", "dir. "}) {
    CAPTURE(name);
    CHECK(std::string(CheckWindowsName(name).message()).find("dot or a space") != std::string::npos);
  }
  for (const char* name : {"a:b", "a\\b", "a/b", "a*", "q?", "<", ">", "|", "\"", "a\x01", "tab\t"}) {
    CAPTURE(name);
    CHECK(std::string(CheckWindowsName(name).message()).find("character") != std::string::npos);
  }
}

TEST_CASE("names that are not UTF-8 are refused") {
  for (const char* name : {"\xFF", "a\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"}) {
    CAPTURE(name);
    CHECK(absl::IsInvalidArgument(CheckWindowsName(name)));
  }
}

TEST_CASE("ordinary names pass") {
  for (const char* name : {"a", "..data", "CONSOLE", "COM0", "COM10", "nul-free", ".wh.x", "Pr\xC3\xBC" "fung",
                           "\xF0\x9F\x98\x80", "a b", "NULs.txt", "$Recycle"}) {
    CAPTURE(name);
    CHECK(CheckWindowsName(name).ok());
  }
}

}  // namespace
}  // namespace jobpod
