#include "volumes/overlay_linux.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/file_linux.hpp"
#include "volumes/mount_call_linux.hpp"

namespace jobpod {
namespace {

// mount(2) takes one page of options, its end included.
size_t OptionLimit() {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE)) - 1;
}

bool IsPlain(const std::string& path) {
  return path.find_first_of(":,\\") == std::string::npos;
}

// The options text. Real paths are shown while they fit, because mountinfo repeats them to people;
// descriptors are short and need no escaping, so they carry long stacks and odd paths.
class OverlayOptions {
 public:
  Status Build(const LayerList& lower, const std::string& upper, const std::string& work) {
    for (bool by_descriptor : {false, true}) {
      by_descriptor_ = by_descriptor;
      usable_ = true;
      text_ = "lowerdir=";
      for (int i = 0; i < lower.size(); ++i) RETURN_IF_ERROR(Add(i == 0 ? "" : ":", lower.Get(i)));
      if (!upper.empty()) RETURN_IF_ERROR(Add(",upperdir=", upper));
      if (!upper.empty()) RETURN_IF_ERROR(Add(",workdir=", work));
      if (usable_ && text_.size() <= OptionLimit()) return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(
        Concat("The image has ", lower.size(), " layers, more than one overlay mount can take"));
  }

  const std::string& text() const { return text_; }

 private:
  Status Add(const char* separator, const std::string& path) {
    text_ += separator;
    if (!by_descriptor_) {
      usable_ = usable_ && IsPlain(path);
      text_ += path;
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(Fd layer, OpenFile(path, O_PATH | O_DIRECTORY));
    text_ += DescriptorPath(layer.get());
    layers_.push_back(std::move(layer));
    return absl::OkStatus();
  }

  bool by_descriptor_ = false;
  bool usable_ = true;
  std::string text_;
  std::vector<Fd> layers_;
};

Status MountBind(const std::string& source, int target) {
  std::string what = Concat("Cannot show the container's files ", source);
  ASSIGN_OR_RETURN(Fd directory, OpenFile(source, O_PATH | O_DIRECTORY));
  ASSIGN_OR_RETURN(Fd tree, CloneTree(directory.get(), false, what));
  RETURN_IF_ERROR(SetPropagation(tree.get(), PROPAGATION_PRIVATE, what));
  return AttachTree(tree.get(), target, what);
}

}  // namespace

Status MountOverlay(const LayerList& lower, const std::string& upper, const std::string& work, int target) {
  OverlayOptions options;
  RETURN_IF_ERROR(options.Build(lower, upper, work));
  unsigned long flags = upper.empty() ? MS_RDONLY : 0;
  if (::mount("overlay", DescriptorPath(target).c_str(), "overlay", flags, options.text().c_str()) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, Concat("Cannot mount an overlay of ", lower.size(), " layers, topmost ",
                                   lower.Get(0), ", writable layer ", upper.empty() ? "none" : upper));
}

Status MountRoot(const RootMount& root, int target) {
  if (root.lower().empty()) return MountBind(root.upper(), target);
  return MountOverlay(root.lower(), root.upper(), root.work(), target);
}

}  // namespace jobpod
