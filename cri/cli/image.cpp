// jobpod image: import, export, pull, list, remove.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/interrupt.hpp"
#include "cri/cli/progress.hpp"
#include "cri/cli/pull.hpp"
#include "cri/cli/table.hpp"
#include "cri/cli/terminal.hpp"

namespace jobpod::cli {
namespace {

void PrintIds(const Globals& globals, const std::vector<std::string>& ids) {
  if (globals.json) {
    fmt::print("{}\n", nlohmann::json({{"images", ids}}).dump(2));
    return;
  }
  for (const std::string& id : ids) fmt::print("{}\n", id);
}

Status Import(const Globals& globals, const std::string& file, const std::string& name) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  std::error_code error;
  v1::ImportImageRequest request;
  request.set_path(std::filesystem::absolute(file, error).string());
  request.set_name(name);
  if (!std::filesystem::exists(request.path(), error)) {
    return absl::NotFoundError(Concat("cannot import ", file, ": there is no such file"));
  }
  grpc::ClientContext context;
  const OnInterrupt cancel([&](int) { context.TryCancel(); });
  v1::ImportImageResponse response;
  RETURN_IF_ERROR(FromGrpc(client.admin->ImportImage(&context, request, &response)));
  PrintIds(globals, {response.image_ids().begin(), response.image_ids().end()});
  return absl::OkStatus();
}

Status Export(const Globals& globals, const std::string& image, const std::string& file) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  std::error_code error;
  v1::ExportImageRequest request;
  request.set_image(image);
  request.set_path(std::filesystem::absolute(file, error).string());
  grpc::ClientContext context;
  const OnInterrupt cancel([&](int) { context.TryCancel(); });
  v1::ExportImageResponse response;
  return FromGrpc(client.admin->ExportImage(&context, request, &response));
}

// "user:password"; a password that is not there is asked for.
Status TakeCredentials(const std::string& text, PullOptions& options) {
  const size_t colon = text.find(':');
  options.username = text.substr(0, colon);
  if (options.username.empty())
    return absl::InvalidArgumentError("--creds has no user; write USER:PASSWORD, or USER to be asked");
  if (colon != std::string::npos) {
    options.password = text.substr(colon + 1);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(options.password, ReadSecret(Concat("Password of ", options.username, ": ")));
  return absl::OkStatus();
}

Status PullOne(const Globals& globals, PullOptions options, bool password_from_input, const std::string& creds) {
  if (!creds.empty()) RETURN_IF_ERROR(TakeCredentials(creds, options));
  if (password_from_input && !std::getline(std::cin, options.password)) {
    return absl::InvalidArgumentError("--password-stdin was given, but standard input is empty");
  }
  if (options.username.empty() != options.password.empty()) {
    return absl::InvalidArgumentError("--username and --password-stdin belong together");
  }
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const std::string id, Pull(client, options));
  PrintIds(globals, {id});
  return absl::OkStatus();
}

StatusOr<std::vector<cri::Image>> Images(const Client& client) {
  grpc::ClientContext context;
  SetDeadline(context);
  cri::ListImagesResponse response;
  RETURN_IF_ERROR(FromGrpc(client.images->ListImages(&context, {}, &response)));
  return std::vector<cri::Image>(response.images().begin(), response.images().end());
}

void PrintJson(const std::vector<cri::Image>& images) {
  nlohmann::json list = nlohmann::json::array();
  for (const cri::Image& image : images) {
    list.push_back(
        {{"id", image.id()},
         {"repoTags", std::vector<std::string>(image.repo_tags().begin(), image.repo_tags().end())},
         {"repoDigests", std::vector<std::string>(image.repo_digests().begin(), image.repo_digests().end())},
         {"size", image.size()},
         {"pinned", image.pinned()}});
  }
  fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status List(const Globals& globals) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const auto images, Images(client));
  if (globals.json) {
    PrintJson(images);
    return absl::OkStatus();
  }
  std::vector<std::vector<std::string>> rows = {{"IMAGE ID", "SIZE", "NAME"}};
  for (const cri::Image& image : images) {
    const auto& names = image.repo_tags().empty() ? image.repo_digests() : image.repo_tags();
    if (names.empty()) rows.push_back({ShortId(image.id()), HumanBytes(image.size()), "<none>"});
    for (const std::string& name : names)
      rows.push_back({ShortId(image.id()), HumanBytes(image.size()), name});
  }
  fmt::print("{}", RenderTable(rows));
  return absl::OkStatus();
}

// CRI's RemoveImage is silent about an unknown image; here that is most likely a typing error.
Status Remove(const Globals& globals, const std::string& reference) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const auto image, FindImage(client, reference));
  if (!image) return absl::NotFoundError(Concat("there is no image ", reference, "; see jobpod image list"));
  grpc::ClientContext context;
  cri::RemoveImageRequest request;
  request.mutable_image()->set_image(reference);
  cri::RemoveImageResponse response;
  return FromGrpc(client.images->RemoveImage(&context, request, &response));
}

void AddImport(CLI::App& image, const Globals& globals, Action& action) {
  CLI::App* command = image.add_subcommand("import", "Import an OCI layout or a docker-save archive");
  const auto file = std::make_shared<std::string>(), name = std::make_shared<std::string>();
  command->add_option("file", *file, "Archive (plain, gzip, zstd) or directory")->required();
  command->add_option("--name", *name, "Name for an image that carries none");
  command->callback([&globals, &action, file, name] {
    action = [&globals, file, name] { return Report(Import(globals, *file, *name)); };
  });
}

void AddExport(CLI::App& image, const Globals& globals, Action& action) {
  CLI::App* command = image.add_subcommand(
      "export", "Write an image to an OCI archive, digests unchanged (needs [image] keep_blobs = 1)");
  const auto reference = std::make_shared<std::string>(), file = std::make_shared<std::string>();
  command->add_option("image", *reference, "Name, digest or id")->required();
  command->add_option("file", *file, "Archive to write, for instance busybox.tar")->required();
  command->callback([&globals, &action, reference, file] {
    action = [&globals, reference, file] { return Report(Export(globals, *reference, *file)); };
  });
}

void AddPull(CLI::App& image, const Globals& globals, Action& action) {
  CLI::App* command = image.add_subcommand("pull", "Pull an image from its registry");
  const auto options = std::make_shared<PullOptions>();
  const auto from_input = std::make_shared<bool>(false);
  const auto creds = std::make_shared<std::string>();
  command->add_option("image", options->reference, "For instance docker.io/library/busybox:latest")
      ->required();
  command->add_option("--platform", options->platform,
                      "For instance linux/arm64 or windows(10.0.20348)/amd64; default this host's");
  CLI::Option* user = command->add_option("--username", options->username, "Account at the registry");
  CLI::Option* input = command->add_flag("--password-stdin", *from_input,
                                         "Read the account's password or token from standard input");
  command
      ->add_option("--creds", *creds,
                   "Account as USER:PASSWORD, which other users of this host can see; as USER it is asked for")
      ->excludes(user)
      ->excludes(input);
  command->add_flag("-q,--quiet", options->quiet, "Show no progress");
  command->callback([&globals, &action, options, from_input, creds] {
    action = [&globals, options, from_input, creds] {
      return Report(PullOne(globals, *options, *from_input, *creds));
    };
  });
}

}  // namespace

void AddImage(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* image = app.add_subcommand("image", "Import, export, pull, list and remove images");
  image->require_subcommand(1);
  image->fallthrough();
  AddImport(*image, globals, action);
  AddExport(*image, globals, action);
  AddPull(*image, globals, action);
  image->add_subcommand("list", "List images")->alias("ls")->callback([&globals, &action] {
    action = [&globals] { return Report(List(globals)); };
  });
  CLI::App* remove = image->add_subcommand("remove", "Remove an image with all its names")->alias("rm");
  const auto reference = std::make_shared<std::string>();
  remove->add_option("image", *reference, "Name, digest or id")->required();
  remove->callback([&globals, &action, reference] {
    action = [&globals, reference] { return Report(Remove(globals, *reference)); };
  });
}

}  // namespace jobpod::cli
