"""`up` and `down` themselves: what is there before is there after, and nothing else."""

import os
import subprocess

from cases import expect
from cluster import TOP
from host import cgroup_hierarchies, processes
from wait import until

PLACES = ["/", "/run", "/var", "/var/lib", "/var/log", "/var/lib/kubelet", "/var/log/containers", "/usr/libexec",
          os.path.expanduser("~/.kube/cache/discovery")]


class Leftovers:
    """Remembers the host, and adds the cases that compare."""

    def __init__(self, work):
        self._work, self._before = work, _host()

    def add(self, cases):
        @cases.case("up, when everything runs, changes nothing and is quick")
        def _(cluster):
            names = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "jobpodd", "kubelet")
            before = [cluster.pid(name) for name in names]
            cluster.up()
            expect([cluster.pid(name) for name in names] == before, "a program was started again")

        @cases.case("a second cluster, and a directory of somebody else's, are refused in a sentence")
        def _(cluster):
            other = f"{self._work}/other"
            os.makedirs(other)
            told = _fails("up", "--dir", f"{self._work}/second", "--bin", f"{cluster.build}/bin")
            expect("There is a cluster on this machine already" in told, told)
            open(f"{other}/file", "w", encoding="utf-8").close()
            for command in ("up", "down"):
                told = _fails(command, "--dir", other, "--bin", f"{cluster.build}/bin")
                expect("is not a cluster" in told or "not a cluster" in told, told)
            expect(os.listdir(other) == ["file"], os.listdir(other))

        @cases.case("down leaves nothing: processes, mounts, cgroups, addresses, files, kernel settings")
        def _(cluster):
            cluster.kill("kubelet", "jobpodd", "kube-apiserver")  # nothing has to run for it
            cluster.down()
            until("no process is left", lambda: not processes(cluster.dir))
            expect(not os.path.exists(cluster.dir), "its directory is there")
            after = _host()
            for name, things in self._before.items():
                expect(after[name] == things, *_differences(name, things, after[name]))
            cluster.down()  # once more is no error


def _host():
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = sorted(line.split()[1] for line in file)
    return {
        "mounts": mounts,
        "groups": {place: sorted(name for name in os.listdir(place) if "jobpod-cluster" in name)
                   for place in cgroup_hierarchies()},
        "files": {place: sorted(os.listdir(place)) if os.path.isdir(place) else None for place in PLACES},
        "addresses": subprocess.run(
            ["busybox", "ip", "-o", "address"], capture_output=True, text=True, check=True
        ).stdout,
    }


def _differences(name, before, after):
    if not isinstance(before, dict):
        return name, "before:", before, "after:", after
    return [(name, place, "before:", things, "after:", after[place]) for place, things in before.items()
            if after[place] != things]


def _fails(command, *arguments):
    done = subprocess.run(
        [f"{TOP}/deploy/cluster/{command}", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )
    expect(done.returncode != 0, command, "succeeded")
    return done.stdout + done.stderr
