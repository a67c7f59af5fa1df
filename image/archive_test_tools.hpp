// For tests: archives of hand-made images, and importing them.
#pragma once

#include <string>

#include "image/registry_test_tools.hpp"

namespace jobpod::test {

// Two layers; the lower one is the same whatever the number.
BuiltImage NumberedImage(const std::string& number);
// Its upper layer leans on the one below: a link and modes of directories that only stand there.
BuiltImage BridgedImage();

// The files of an OCI layout as a tar.
std::string Layout(const BuiltImage& image, const std::string& name);
// Imports it; the image's id.
std::string ImportText(Images& images, const TemporaryDirectory& files, const std::string& archive,
                       const std::string& name = "");

// How many layers a store keeps.
size_t LayerCount(const TemporaryDirectory& root);

}  // namespace jobpod::test
