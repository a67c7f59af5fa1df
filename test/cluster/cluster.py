"""A real cluster of one node, as deploy/cluster/up makes it, and a registry beside it."""

import json
import os
import random
import shutil
import signal

from api import Api
from jobpod import REGISTRY_PORT, Registry
from program import run
from tmux import Tmux
from wait import until

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
EXAMPLES = f"{TOP}/deploy/kubernetes"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
MIRRORED = "example.test"  # the registry of the images in EXAMPLES


class Cluster(Api):
    def __init__(self, build, kubernetes, crictl, work):
        super().__init__(f"{kubernetes}/kubectl", f"{work}/cluster")
        self.build, self.work = build, work
        self.kubernetes, self._crictl = kubernetes, crictl
        self.registry = Registry(work)
        self.tmux = Tmux(f"{work}/tmux")

    def start(self):
        """The seconds `up` says each step took."""
        self.registry.start("busybox")
        told = self.up()
        self._mirror_examples()
        self.connect()
        until("the default service account is there", lambda: self.get("serviceaccounts/default"))
        return told

    def up(self, *options):
        return run(f"{TOP}/deploy/cluster/up", *self._options(), *options, seconds=300)

    def down(self):
        return run(f"{TOP}/deploy/cluster/down", *self._options(), seconds=300)

    def end(self):
        self.tmux.end()
        self.down()
        self.registry.program.end()

    def _options(self):
        return "--dir", self.dir, "--bin", f"{self.build}/bin"

    def _mirror_examples(self):
        """The images of the example manifests by their own names: made of the test images, found by a mirror."""
        self.registry.publish("busybox", "tools", tag="1")
        program = f"{self.work}/csi-proxy/bin"
        os.makedirs(program)
        shutil.copy(f"{self.build}/test/programs/csi_proxy", f"{program}/csi-proxy")
        self.registry.publish_with_files("busybox", "csi-proxy", os.path.dirname(program), tag="1")
        mirror = f"{self.dir}/registry.d/{MIRRORED}"
        os.makedirs(mirror)
        with open(f"{mirror}/hosts.toml", "w", encoding="utf-8") as file:
            file.write(
                f'[host."http://127.0.0.1:{REGISTRY_PORT}"]\ncapabilities = ["pull", "resolve"]\n'
            )

    # Programs of the cluster.

    def pid(self, name):
        with open(f"{self.dir}/run/{name}.pid", encoding="ascii") as file:
            return int(file.read().split()[0])

    def kill(self, *names):
        for name in names:
            os.kill(self.pid(name), signal.SIGKILL)

    def tail(self, name, lines=25):
        try:
            with open(f"{self.dir}/logs/{name}.log", encoding="utf-8", errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except OSError:
            return ""

    def admit(self, whom):
        """Restarts jobpodd with another pods.admit, and waits until the node names its handlers."""
        self.kill("jobpodd")
        self.up("--admit", whom)
        until(f"the node admits {whom}", lambda: ("image-root" in self.handlers()) == (whom != "host-process"))

    def handlers(self):
        return {one["name"]: one["features"] for one in self.node()["status"]["runtimeHandlers"]}

    def set_kubelet(self, configuration):
        """Restarts the kubelet with settings above those of the cluster; None takes them away."""
        path = f"{self.dir}/kubelet.d/90-test.conf"
        if configuration is None:
            os.unlink(path)
        else:
            head = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**head, **configuration}, file)
        self.kill("kubelet")
        self.up()

    # jobpodd.

    def cri(self, *arguments):
        address = f"unix://{self.dir}/jobpod.sock"
        return json.loads(run(self._crictl, "-r", address, "-t", "20s", *arguments, "-o", "json"))

    def sandboxes(self):
        return self.cri("pods")["items"] or []

    def containers(self):
        return self.cri("ps")["containers"] or []


def killer(seed):
    """Random numbers that are the same in the next run; the seed is printed, so that a failure can be repeated."""
    print(f"      random kills with seed {seed}", flush=True)
    return random.Random(seed)
