// The records of a pax extended header ("27 mtime=1350244992.02\n").
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "image/tar_reader.hpp"

namespace jobpod {

// Adds the records of one header to `records`, over those of the same key. An empty value means that the
// record is taken back. Keys nobody here
// reads are dropped. InvalidArgument when the text is malformed.
Status ParsePaxRecords(std::string_view text, PaxRecords& records);

// Puts the records over what the ustar header said.
Status ApplyPaxRecords(const PaxRecords& records, TarEntry& entry);

}  // namespace jobpod
