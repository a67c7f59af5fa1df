"""jobpodd with one HostProcess pod, and the clients that talk to it."""

import contextlib
import itertools
import json
import os
import signal
import subprocess

from cases import Skip
from host import cgroup_hierarchies, processes
from jobpod import Jobpod, Registry, image
from program import run
from tmux import Tmux
from wait import until

TRANSPORTS = ("spdy", "websocket")
WEBSOCKETS = True  # the streaming server has them


class Place:
    def __init__(self, programs, crictl, work):
        self.programs, self.work = programs, work
        self._crictl = crictl
        self._numbers = itertools.count()
        self.registry = Registry(work)
        self.jobpod = Jobpod(programs, work)
        self._crictl_file = f"{work}/crictl.yaml"  # without one crictl warns on standard error
        with open(self._crictl_file, "w", encoding="utf-8") as file:
            file.write(f"runtime-endpoint: unix://{self.jobpod.socket}\ntimeout: 20\n")
        self.tmux = Tmux(f"{work}/tmux")
        self.pod = None

    def start(self):
        self.registry.start("busybox")
        self.jobpod.start()
        self.crictl("pull", image("busybox"))
        self._pod_file = self._write(
            "pod",
            {
                "metadata": {"name": "streams", "namespace": "default", "uid": "1", "attempt": 0},
                "log_directory": f"{self.work}/logs",
                "linux": {},
                "windows": {"security_context": {"host_process": True}},
            },
        )
        self.pod = self.crictl("runp", self._pod_file).strip()

    def end(self):
        self.tmux.end()
        if self.jobpod.program.running():
            with contextlib.suppress(AssertionError):
                self.crictl("rmp", "-f", "-a")
        self.jobpod.program.end()
        self.registry.program.end()

    def _write(self, name, content):
        path = f"{self.work}/{name}.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)
        return path

    # Containers.

    def container(self, script, **fields):
        """A running container whose first process is `sh -c script`; its id."""
        name = f"container-{next(self._numbers)}"
        file = self._write(
            name,
            {
                "metadata": {"name": name},
                "image": {"image": image("busybox")},
                "command": ["sh", "-c", script],
                "log_path": f"{name}.log",
                "linux": {},
                "windows": {"security_context": {"host_process": True}},
                **fields,
            },
        )
        container = self.crictl("create", self.pod, file, self._pod_file).strip()
        self.crictl("start", container)
        return container

    @contextlib.contextmanager
    def sleeper(self):
        container = self.container("exec sleep 100000")
        try:
            yield container
        finally:
            self.remove(container)

    def remove(self, container):
        self.crictl("rm", "-f", container)

    def status(self, container):
        return json.loads(self.crictl("inspect", container))["status"]

    def log(self, container):
        return self.crictl("logs", container)

    def wait_logged(self, container, text):
        until(f"{text!r} is in the log", lambda: text in self.log(container))

    def wait_exited(self, container):
        def exited():
            status = self.status(container)
            return status["state"] == "CONTAINER_EXITED" and status

        return until("the container has ended", exited)

    # Clients.

    def command(self, *arguments):
        return [self._crictl, "--config", self._crictl_file, *arguments]

    def crictl(self, *arguments):
        return run(*self.command(*arguments))

    def stream(self, transport, what, *arguments):
        """The command line of crictl exec, attach or port-forward."""
        if transport == "websocket" and not WEBSOCKETS:
            raise Skip("the streaming server has no WebSockets yet")
        return self.command(what, "-r", transport, *arguments)

    def own(self, *arguments):
        """The command line of `jobpod`."""
        return [f"{self.programs}/jobpod", "--address", f"unix://{self.jobpod.socket}", *arguments]

    # What must not grow, and must be gone.

    def shim(self):
        return processes(f"jobpod-shim\0{self.jobpod.state}")[0]

    def descriptors(self):
        """Of the daemon and of the pod's shim."""
        return [
            len(os.listdir(f"/proc/{pid}/fd")) for pid in (self.jobpod.program.process.pid, self.shim())
        ]

    def processes_of(self, container):
        """Of the container's whole tree, its execs included."""
        found = set()
        for place in cgroup_hierarchies():
            for path, _, files in os.walk(place):
                if container in path and "cgroup.procs" in files:
                    with contextlib.suppress(OSError), open(f"{path}/cgroup.procs", encoding="ascii") as file:
                        found.update(file.read().split())
        return found

    def groups_of(self, container):
        return sorted(
            path for place in cgroup_hierarchies() for path, _, _ in os.walk(place) if container in path
        )

    def files(self):
        """Everything below the daemon's directories."""
        return sorted(
            f"{path}/{name}"
            for top in (self.jobpod.root, self.jobpod.state)
            for path, directories, files in os.walk(top)
            for name in directories + files
            if not name.endswith(("-wal", "-shm"))
        )


def finish(process, seconds=60):
    """Waits for a client; what it printed, and its code."""
    output, errors = process.communicate(timeout=seconds)
    return output, errors.decode(errors="replace"), process.returncode


def start(command, **streams):
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(command, **streams)


def do(command, text=b"", seconds=120):
    """Runs a client to its end, with `text` for its input."""
    done = subprocess.run(command, input=text, capture_output=True, timeout=seconds, check=False)
    return done.stdout, done.stderr.decode(errors="replace"), done.returncode


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()
