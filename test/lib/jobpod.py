"""jobpodd under test, and a registry with the test images, each below one directory."""

import os

from program import Program, run, wait_for_port
from wait import until

REGISTRY_PORT = 5000  # of the suite's own network namespace
IMAGE_TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "images", "make")


class Registry:
    """A real registry on the loopback address."""

    def __init__(self, work):
        self._layout = f"{work}/images"
        config = f"{work}/registry.yml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                f"storage: {{filesystem: {{rootdirectory: {work}/registry}}}}\n"
                f'http: {{addr: "127.0.0.1:{REGISTRY_PORT}"}}\n'
            )
        self.program = Program(
            "docker-registry", ["docker-registry", "serve", config], f"{work}/registry.log"
        )

    def start(self, *images):
        self.program.start()
        run(IMAGE_TOOLS, self._layout, *images, seconds=300)
        wait_for_port(REGISTRY_PORT, self.program)
        for image in images:
            self.publish(image, image)

    def publish(self, image, name, *configuration, tag="latest"):
        """Pushes the test image `image` as NAME:TAG; options of `umoci config` make it one of its own."""
        if configuration:
            run("umoci", "config", "--image", f"{self._layout}:{image}", "--tag", name, "--no-history", *configuration)
        self._push(name if configuration else image, f"{name}:{tag}")

    def publish_with_files(self, image, name, directory, tag="latest"):
        """Pushes the test image `image` with the files below `directory` as one more layer."""
        run("umoci", "config", "--image", f"{self._layout}:{image}", "--tag", name, "--no-history")
        run("umoci", "insert", "--image", f"{self._layout}:{name}", directory, "/")
        self._push(name, f"{name}:{tag}")

    def _push(self, layout_tag, name):
        run(
            "skopeo",
            "copy",
            "-q",
            "--insecure-policy",
            "--dest-tls-verify=false",
            f"oci:{self._layout}:{layout_tag}",
            f"docker://127.0.0.1:{REGISTRY_PORT}/{name}",
        )


def image(name):
    return f"127.0.0.1:{REGISTRY_PORT}/{name}:latest"


class Jobpod:
    """The daemon, with its own root, state and socket."""

    def __init__(self, programs, work, **keys):
        self.root, self.state = f"{work}/jobpod", f"{work}/state"
        self.socket = f"{work}/jobpod.sock"
        self._programs = programs
        config = f"{work}/jobpod.toml"
        with open(config, "w", encoding="utf-8") as file:
            file.write('version = 1\n[http]\naddress = "off"\n[pods]\n')
            for key, value in keys.items():
                file.write(f'{key} = "{value}"\n')
        self.program = Program(
            "jobpodd",
            [
                f"{programs}/jobpodd",
                "--config",
                config,
                "--root",
                self.root,
                "--state",
                self.state,
                "--address",
                f"unix://{self.socket}",
            ],
            f"{work}/jobpodd.log",
        )

    def start(self):
        self.program.start()
        until("jobpodd answers", self._answers, 60)
        return self

    def _answers(self):
        self.program.check_running()
        self.command("ps")
        return True

    def command(self, *arguments, check=True):
        """The command line `jobpod`."""
        try:
            return run(
                f"{self._programs}/jobpod", "--address", f"unix://{self.socket}", *arguments, check=check
            )
        except AssertionError as error:
            raise OSError(str(error)) from None

    def version(self):
        return run(f"{self._programs}/jobpodd", "--version").split()[1]
