"""A node without an API server: jobpodd, a registry and a stand-alone kubelet with static pods."""

import json
import os
import ssl
import urllib.parse
import urllib.request

from host import NODE_ADDRESS, CgroupRoot
from jobpod import Jobpod, Registry
from kubelet_configuration import HEALTH_PORT, READ_PORT, SECURE_PORT, kubelet_configuration
from program import Program, run
from wait import NotYet, until

NODE_NAME = "node"


class Node:
    def __init__(self, jobpod_programs, kubernetes_programs, crictl, work):
        self.work = work
        self.kubelet_client = f"{kubernetes_programs}/kubelet-client"
        self._crictl = crictl
        self.manifests, self.marks = f"{work}/manifests", f"{work}/marks"
        self.place = (
            f"/jobpod-test-{os.getpid()}"  # where pods may ask for volumes; on the host only meanwhile
        )
        os.makedirs(self.manifests)
        os.makedirs(self.marks)
        self.cgroups = CgroupRoot(f"jobpod-kubelet-{os.getpid()}")
        self.registry = Registry(work)
        self.jobpod = Jobpod(jobpod_programs, work, admit="all", default_handler="hostprocess")
        self._config_file = f"{work}/kubelet.json"
        self.kubelet = Program(
            "kubelet",
            [
                f"{kubernetes_programs}/kubelet",
                f"--config={self._config_file}",
                f"--root-dir={work}/kubelet",
                f"--cert-dir={work}/kubelet-certificates",
                f"--hostname-override={NODE_NAME}",
                f"--node-ip={NODE_ADDRESS}",
                "--v=2",
            ],
            f"{work}/kubelet.log",
        )

    def start(self):
        self.registry.start("busybox")
        self.jobpod.start()
        self.start_kubelet()

    def start_kubelet(self, **changes):
        with open(self._config_file, "w", encoding="utf-8") as file:
            json.dump({**kubelet_configuration(self), **changes}, file, indent=1)
        self.kubelet.start()
        until("the kubelet is healthy", self._healthy, 120)

    def restart_kubelet(self, **changes):
        self.kubelet.end()
        self.start_kubelet(**changes)

    def end(self):
        self.kubelet.end()
        if self.jobpod.program.running():
            self.crictl("rmp", "-f", "-a")
        self.jobpod.program.end()
        self.registry.program.end()

    def _healthy(self):
        self.kubelet.check_running()
        return self._open(f"http://127.0.0.1:{HEALTH_PORT}/healthz") == b"ok"

    # Asking the kubelet.

    def _open(self, url, data=None, seconds=30):
        context = ssl._create_unverified_context() if url.startswith("https") else None
        with urllib.request.urlopen(url, data=data, timeout=seconds, context=context) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self._open(f"http://127.0.0.1:{READ_PORT}{path}"))

    def metrics(self, path):
        return self._open(f"https://127.0.0.1:{SECURE_PORT}{path}").decode()

    def logs(self, pod, container, **options):
        path = f"/containerLogs/default/{pod}-{NODE_NAME}/{container}?{urllib.parse.urlencode(options)}"
        return self._open(f"https://127.0.0.1:{SECURE_PORT}{path}").decode()

    def run(self, pod, container, *command):
        """A command in a container, by ExecSync."""
        path = (
            f"/run/default/{pod}-{NODE_NAME}/{container}?{urllib.parse.urlencode({'cmd': ' '.join(command)})}"
        )
        return self._open(f"https://127.0.0.1:{SECURE_PORT}{path}", data=b"").decode()

    # Files HostProcess pods leave on the host.

    def mark(self, name):
        return f"{self.marks}/{name}"

    def read_mark(self, name):
        with open(self.mark(name), encoding="utf-8") as file:
            return file.read()

    # Static pods.

    def apply(self, manifest):
        """Writes the manifest at once, as an editor does."""
        name = manifest["metadata"]["name"]
        hidden = f"{self.work}/{name}.json"
        with open(hidden, "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        os.rename(hidden, f"{self.manifests}/{name}.json")
        return name

    def delete(self, name):
        os.unlink(f"{self.manifests}/{name}.json")

    def delete_and_wait(self, name):
        """Until its processes have ended; the kubelet takes away the empty sandbox once a minute."""
        self.delete(name)
        until(f"pod {name} is gone", lambda: self.find(name) is None and not self.ready_sandboxes(name))

    def find(self, name):
        pods = self.get("/pods")["items"] or []
        return next((pod for pod in pods if pod["metadata"]["name"] == f"{name}-{NODE_NAME}"), None)

    def status(self, name):
        pod = self.find(name)
        if pod is None:
            raise NotYet(f"the kubelet does not list pod {name}")
        return pod["status"]

    def container(self, pod, container):
        status = self.status(pod)
        every = status.get("containerStatuses", []) + status.get("initContainerStatuses", [])
        found = next((one for one in every if one["name"] == container), None)
        if found is None:
            raise NotYet(f"pod {pod} has no status of container {container} yet: {status}")
        return found

    def state(self, pod, container):
        """("running" | "waiting" | "terminated", its details)"""
        state = self.container(pod, container)["state"]
        return next(iter(state.items()), ("waiting", {}))

    def ready(self, name):
        conditions = {one["type"]: one["status"] for one in self.status(name).get("conditions", [])}
        return conditions.get("Ready") == "True"

    def wait_ready(self, name, seconds=120):
        until(f"pod {name} is Ready", lambda: self.ready(name) or self._told(name), seconds)

    def _told(self, name):
        raise NotYet(json.dumps(self.status(name)))

    def summary(self, name):
        pods = self.get("/stats/summary")["pods"] or []
        return next(pod for pod in pods if pod["podRef"]["name"] == f"{name}-{NODE_NAME}")

    # Asking jobpodd.

    def sandboxes(self, name):
        """What CRI lists of a pod."""
        every = self.cri("pods", "-o", "json")["items"] or []
        return [one for one in every if one["metadata"]["name"] == f"{name}-{NODE_NAME}"]

    def ready_sandboxes(self, name):
        return [one for one in self.sandboxes(name) if one["state"] == "SANDBOX_READY"]

    def cri(self, *arguments):
        return json.loads(self.crictl(*arguments))

    def crictl(self, *arguments):
        try:
            return run(self._crictl, "-r", f"unix://{self.jobpod.socket}", "-t", "20s", *arguments)
        except AssertionError as error:
            raise OSError(str(error)) from None
