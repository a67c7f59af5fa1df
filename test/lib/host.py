"""The part of this machine a suite has for itself, and what it must give back."""

import os
import sys

from program import run
from wait import until

NODE_ADDRESS = "10.255.255.254"  # a node's address must not be of the loopback net

# What a kubelet sets for the whole machine.
_SETTINGS = [
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
]
# Where a kubelet writes whatever its root directory is.
_KUBELET_DIRECTORIES = ["/var/lib/kubelet", "/var/log/containers", "/var/log/pods"]


def enter_private(mark="JOBPOD_PRIVATE"):
    """Starts this program again in network and mount namespaces of its own: ports, addresses and mounts are
    nobody else's. Mounts inside are shared, as on a node."""
    if os.environ.get(mark) != "1":
        os.environ[mark] = "1"
        os.execvp(
            "unshare",
            ["unshare", "--net", "--mount", "--propagation", "private", "--", sys.executable, *sys.argv],
        )
    run("mount", "--make-rshared", "/")
    run("busybox", "ip", "link", "set", "lo", "up")
    run("busybox", "ip", "address", "add", f"{NODE_ADDRESS}/32", "dev", "lo")
    for directory in _KUBELET_DIRECTORIES:
        os.makedirs(directory, exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", directory)
        run("mount", "--make-rshared", directory)


class KernelSettings:
    """Remembers them, and puts them back."""

    def __init__(self):
        self._kept = {name: _read(name) for name in _SETTINGS}

    def restore(self):
        for name, value in self._kept.items():
            if value is not None and _read(name) != value:
                with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
                    file.write(value)


def _read(name):
    try:
        with open(f"/proc/sys/{name}", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def cgroup_hierarchies():
    """Mount points of every cgroup hierarchy."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        fields = [line.split() for line in mounts]
    return [field[1] for field in fields if field[2] in ("cgroup", "cgroup2")]


class CgroupRoot:
    """A group of its own in every hierarchy, for a kubelet's --cgroup-root."""

    def __init__(self, name):
        self.name = name
        self._directories = [f"{place}/{name}" for place in cgroup_hierarchies()]
        for directory in self._directories:
            os.makedirs(directory, exist_ok=True)
            for file in ("cpuset.cpus", "cpuset.mems"):
                _inherit(directory, file)

    def groups(self):
        """Names of the groups below it, each once."""
        return sorted(
            {
                os.path.relpath(path, directory)
                for directory in self._directories
                for path, _, _ in os.walk(directory)
                if path != directory
            }
        )

    def pod_groups(self):
        return [
            name
            for name in self.groups()
            if "pod" in os.path.basename(name) and not os.path.basename(name).startswith("kubepods")
        ]

    def remove(self):
        """Takes away what a suite has left; a group with processes in it stays and is told."""

        def gone():
            for directory in self._directories:
                for path, _, _ in os.walk(directory, topdown=False):
                    os.rmdir(path)
            return True

        until(f"the groups below {self.name} are gone", gone, 20)


def _inherit(directory, file):
    path, above = f"{directory}/{file}", f"{os.path.dirname(directory)}/{file}"
    if os.path.exists(path) and os.path.exists(above):
        with open(above, encoding="ascii") as source, open(path, "w", encoding="ascii") as target:
            target.write(source.read())


def processes(pattern):
    """Ids of processes whose command line contains `pattern`."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if pattern.encode() in file.read():
                    found.append(int(name))
        except OSError:
            pass  # it has ended meanwhile
    return [pid for pid in found if pid != os.getpid()]


def mounts_below(directory):
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        return [line.split()[1] for line in mounts if line.split()[1].startswith(directory)]
