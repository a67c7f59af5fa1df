// A page of a daemon's loopback HTTP.
#pragma once

#include <cstdint>
#include <string>

namespace jobpod::test {

// The body of http://127.0.0.1:PORT/PATH. Throws boost::system::system_error when nobody answers.
std::string HttpPage(uint16_t port, const std::string& path);

}  // namespace jobpod::test
