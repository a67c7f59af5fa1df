// Manifests, indexes and configs: the JSON documents of an image, read defensively. Whatever they say
// is hostile; a field of the wrong type is an error that names it or is ignored, never a crash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/images.hpp"
#include "image/platform.hpp"

namespace jobpod {

struct Descriptor {
  std::string media_type, digest;
  uint64_t size = 0;
  Platform platform;  // of index entries
  std::string name;   // annotation of an OCI layout: the image's name, may be just a tag
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;  // bottom first
};

struct ManifestDocument {
  bool is_index = false;
  Manifest manifest;                // when !is_index
  std::vector<Descriptor> entries;  // when is_index
};

// `media_type` is what the transport said; the document's own word goes first. FailedPrecondition for
// schema 1 and for documents that are no image, InvalidArgument for broken ones.
StatusOr<ManifestDocument> ParseManifest(std::string_view json, const std::string& media_type);

struct ParsedConfig {
  ImageConfig config;
  std::vector<std::string> diff_ids;  // bottom first
};

StatusOr<ParsedConfig> ParseConfig(std::string_view json);

// manifest.json of a docker-save archive.
struct SavedImage {
  std::string config;
  std::vector<std::string> names, layers;
};
StatusOr<std::vector<SavedImage>> ParseSavedImages(std::string_view json);

// "CODE: message" of a registry's error document, safe to print; empty when there is none.
std::string RegistryMessage(std::string_view body);

// A token server's answer. Empty when it holds no token.
std::string ParseToken(std::string_view json);

// The media types a registry is asked for.
extern const char* const kManifestAccept;

}  // namespace jobpod
