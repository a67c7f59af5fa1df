// What an imported image is called that carries no whole name of its own.
#pragma once

#include <string>

namespace jobpod {

// "localhost/<file name without its endings>" in a reference's alphabet; empty when nothing is left of it.
std::string NameOfFile(const std::string& path);

// `name` is what the user asked for or NameOfFile, may be empty; `tag` is the archive's own, may be empty.
// With `keep_tag` a tag of `name` goes before the archive's.
std::string ImportedName(const std::string& name, const std::string& tag, bool keep_tag);

}  // namespace jobpod
