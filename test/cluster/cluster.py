"""A real cluster of one node, as deploy/cluster/up makes it, and a registry beside it."""

import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import urllib.request

from jobpod import REGISTRY_PORT, Registry
from program import run
from tmux import Tmux
from wait import NotYet, until

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
API, NODE = "https://10.254.0.1", "jobpod-node"
EXAMPLES = f"{TOP}/deploy/kubernetes"
MIRRORED = "example.test"  # the registry of the images in EXAMPLES


class Cluster:
    def __init__(self, build, kubernetes, crictl, work):
        self.build, self.work = build, work
        self.kubectl_program, self._crictl = f"{kubernetes}/kubectl", crictl
        self.kubernetes = kubernetes
        self.dir, self.place = f"{work}/cluster", f"/jobpod-test-{os.getpid()}"
        self.registry = Registry(work)
        self.tmux = Tmux(f"{work}/tmux")

    def start(self):
        """The seconds `up` says each step took."""
        self.registry.start("busybox")
        told = self.up()
        self._mirror_examples()
        self._tls = ssl.create_default_context(cafile=f"{self.dir}/pki/ca.crt")
        self._tls.load_cert_chain(f"{self.dir}/pki/admin.crt", f"{self.dir}/pki/admin.key")
        until("the default service account is there", lambda: self.get("serviceaccounts/default"))
        return told

    def up(self):
        return run(f"{TOP}/deploy/cluster/up", *self._options(), seconds=300)

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

    # kubectl, as people type it.

    def kubectl_command(self, *arguments):
        options = [f"--kubeconfig={self.dir}/admin.conf", f"--cache-dir={self.dir}/kubectl-cache"]
        return [self.kubectl_program, *options, *arguments]

    def kubectl(self, *arguments, text=None, seconds=120):
        return run(*self.kubectl_command(*arguments), text=text, seconds=seconds)

    def kubectl_fails(self, *arguments):
        """Exit code and what it says."""
        done = subprocess.run(
            self.kubectl_command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def apply(self, *manifests):
        self.kubectl("apply", "-f", "-", text="\n---\n".join(json.dumps(one) for one in manifests))
        return manifests[0]["metadata"]["name"]

    def delete(self, kind, name, *options):
        self.kubectl("delete", kind, name, "--wait=true", "--timeout=90s", *options)

    def clear(self):
        """Takes away what failed cases have left, so that the next are not about it."""
        self.kubectl("delete", "all,daemonsets,jobs,configmaps", "--all", "--timeout=90s", "--grace-period=1")
        until("no pod is left", lambda: not self.pods())

    # The API server, asked often: much less work than a kubectl each time.

    def raw(self, path, seconds=30):
        with urllib.request.urlopen(f"{API}{path}", timeout=seconds, context=self._tls) as answer:
            return answer.read().decode()

    def get(self, path, namespace="default"):
        """Of the core group: "pods/NAME", "pods?labelSelector=…"."""
        return json.loads(self.raw(f"/api/v1/namespaces/{namespace}/{path}"))

    def node(self):
        return json.loads(self.raw(f"/api/v1/nodes/{NODE}"))

    def kubelet(self, path):
        """What the kubelet answers, through the API server."""
        return self.raw(f"/api/v1/nodes/{NODE}/proxy{path}")

    def pods(self, label="", namespace="default"):
        return self.get(f"pods?labelSelector={label}", namespace)["items"]

    def status(self, pod, namespace="default"):
        return self.get(f"pods/{pod}", namespace)["status"]

    def container(self, pod, name="main"):
        for one in self.status(pod).get("containerStatuses", []):
            if one["name"] == name:
                return one
        raise NotYet(f"pod {pod} has no status of container {name} yet")

    def wait_ready(self, pod, namespace="default", seconds=90):
        def is_ready():
            status = self.status(pod, namespace)
            if not ready(status):
                raise NotYet(json.dumps(status))
            return True

        until(f"pod {pod} is Ready", is_ready, seconds)

    def pod_of(self, label, namespace="default"):
        """The name of the one pod with the label, once it is there."""
        return until(f"a pod {label}", lambda: self.pods(label, namespace)[0]["metadata"]["name"])

    def events(self, name, namespace="default"):
        items = self.get(f"events?fieldSelector=involvedObject.name={name}", namespace)["items"]
        return [f'{one["reason"]}: {one["message"]}' for one in items]

    # jobpodd.

    def cri(self, *arguments):
        address = f"unix://{self.dir}/jobpod.sock"
        return json.loads(run(self._crictl, "-r", address, "-t", "20s", *arguments, "-o", "json"))

    def sandboxes(self):
        return self.cri("pods")["items"] or []

    def containers(self):
        return self.cri("ps")["containers"] or []


def ready(status):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))


def killer(seed):
    """Random numbers that are the same in the next run; the seed is printed, so that a failure can be repeated."""
    print(f"      random kills with seed {seed}", flush=True)
    return random.Random(seed)
