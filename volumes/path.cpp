#include "volumes/path.hpp"

#include <algorithm>

namespace jobpod {

std::vector<std::string> PathNames(std::string_view path) {
  std::vector<std::string> names;
  for (size_t at = 0; at < path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    std::string_view name = path.substr(at, end - at);
    if (!name.empty() && name != ".") names.emplace_back(name);
    at = end + 1;
  }
  return names;
}

std::string CleanPath(std::string_view path) {
  std::string clean;
  for (const std::string& name : PathNames(path)) {
    clean += '/';
    clean += name;
  }
  return clean.empty() ? "/" : clean;
}

bool IsBelow(std::string_view path, std::string_view parent) {
  if (parent == "/") return path.size() > 1;
  return path.size() > parent.size() && path.starts_with(parent) && path[parent.size()] == '/';
}

}  // namespace jobpod
