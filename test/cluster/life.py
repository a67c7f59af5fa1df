"""A pod's life as the API server tells it: resize, restart, rolling update, graceful end."""

import json

from api import ready
from cases import expect
from commands import agent
from pods import script, sleeper
from wait import until


def add(cases):
    @cases.case("a pod is resized in place: limits change, the container does not")
    def _(cluster):
        resources = lambda cpu, memory: {
            "requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}
        }
        text = "cat /proc/self/cgroup; exec sleep 100000"
        name = cluster.apply(agent("resize", script(text, resources=resources("100m", "32Mi"))))
        cluster.wait_ready(name)
        before = cluster.container(name)
        expect(_limits(cluster, name) == (str(32 << 20), 10000), _limits(cluster, name))
        change = {"spec": {"containers": [{"name": "main", "resources": resources("200m", "64Mi")}]}}
        cluster.kubectl("patch", "pod", name, "--subresource=resize", "--patch", json.dumps(change))
        until(
            "the status tells the new limits",
            lambda: cluster.container(name)["resources"]["limits"] == {"cpu": "200m", "memory": "64Mi"},
        )
        until("the groups have them", lambda: _limits(cluster, name) == (str(64 << 20), 20000))
        until("no resize is pending", lambda: not _resizing(cluster, name))
        after = cluster.container(name)
        expect((after["containerID"], after["restartCount"]) == (before["containerID"], 0), after)
        cluster.delete("pod", name)

    @cases.case("a Deployment is rolled to a new version and back")
    def _(cluster):
        labels = {"app": "rolled"}
        pod = agent("rolled", sleeper())
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "rolled"},
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {**pod["spec"], "restartPolicy": "Always"}},
            },
        }
        cluster.apply(deployment)
        cluster.kubectl("rollout", "status", "deployment/rolled", "--timeout=60s")
        cluster.kubectl("set", "env", "deployment/rolled", "VERSION=2")
        cluster.kubectl("rollout", "status", "deployment/rolled", "--timeout=60s")
        cluster.kubectl("rollout", "undo", "deployment/rolled")
        cluster.kubectl("rollout", "status", "deployment/rolled", "--timeout=60s")
        until("three are left", lambda: len([one for one in cluster.pods("app=rolled") if ready(one["status"])]) == 3)
        cluster.delete("deployment", "rolled")
        until("none is left", lambda: not cluster.pods("app=rolled"))

    @cases.case("exit codes, reasons and restarts are told to the API server")
    def _(cluster):
        # Kubernetes makes one $ of two in a command.
        ends = {"zero": "exit 0", "seven": "exit 7", "killed": "kill -9 $$$$"}
        name = cluster.apply(
            agent("ends", *(script(text, key) for key, text in ends.items()), restartPolicy="Never")
        )
        until("it has failed", lambda: cluster.status(name)["phase"] == "Failed")
        states = {
            one["name"]: one["state"]["terminated"] for one in cluster.status(name)["containerStatuses"]
        }
        codes = {key: (one["exitCode"], one["reason"]) for key, one in states.items()}
        expect(codes == {"zero": (0, "Completed"), "seven": (7, "Error"), "killed": (137, "Error")}, codes)
        cluster.delete("pod", name)

    @cases.case("a Job runs to its completion, one attempt after the other")
    def _(cluster):
        mark = f"{cluster.work}/attempts"
        text = f"echo x >> {mark}; [ $(wc -l < {mark}) -ge 2 ]"
        pod = agent("job", script(text), restartPolicy="OnFailure")
        cluster.apply(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "job"},
                "spec": {"template": {"metadata": {"labels": {"app": "job"}}, "spec": pod["spec"]}},
            }
        )
        cluster.kubectl("wait", "--for=condition=Complete", "job/job", "--timeout=90s")
        cluster.delete("job", "job")

    @cases.case("deletion waits for the grace the pod asked for, and no longer")
    def _(cluster):
        mark = f"{cluster.work}/grace"
        text = f"trap 'sleep 1; echo ended > {mark}; exit 0' TERM; while :; do sleep 0.2 & wait $!; done"
        name = cluster.apply(agent("grace", script(text), terminationGracePeriodSeconds=20))
        cluster.wait_ready(name)
        cluster.delete("pod", name)
        expect(open(mark, encoding="utf-8").read() == "ended\n", "it was killed before its time")


def _resizing(cluster, name):
    return [
        one for one in cluster.status(name)["conditions"] if one["type"].startswith("PodResize")
    ]


def _limits(cluster, name):
    """(memory, CPU quota in microseconds for 100 ms) of the container's groups."""
    groups = dict(line.split(":", 2)[1:] for line in cluster.kubectl("logs", name).splitlines())
    if "memory" in groups:
        read = lambda controller, file: _read(f"/sys/fs/cgroup/{controller}{groups[controller]}/{file}")
        return read("memory", "memory.limit_in_bytes"), int(read("cpu", "cpu.cfs_quota_us"))
    group = f"/sys/fs/cgroup{groups['']}"
    return _read(f"{group}/memory.max"), int(_read(f"{group}/cpu.max").split()[0])


def _read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()
