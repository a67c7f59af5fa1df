"""A full node: 110 pods start, are probed for as often as in an hour, and disappear."""

import collections
import contextlib
import datetime
import os
import time

from api import ready
from cases import expect
from commands import agent
from host import cgroup_hierarchies, mounts_below, processes
from pods import sleeper
from wait import until

PODS, ROUNDS = 110, 360  # an hour has 360 rounds of ten seconds
# Two of them for each pod, as often as a kubelet can. The time-out is long because a busy machine is no failure; a
# probe that hangs still is one.
PROBE = {"exec": {"command": ["true"]}, "periodSeconds": 1, "timeoutSeconds": 60, "failureThreshold": 3}


def add(cases):
    @cases.case(f"{PODS} pods on one node become Ready, live through {ROUNDS} rounds of probes, and leave nothing")
    def _(cluster):
        pod = agent("full", sleeper(readinessProbe=PROBE, livenessProbe=PROBE))
        labels = {"app": "full"}
        begin = time.time()
        cluster.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "full"},
                "spec": {
                    "replicas": PODS,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": {**pod["spec"], "restartPolicy": "Always"}},
                },
            }
        )
        count = lambda: sum(ready(one["status"]) for one in cluster.pods("app=full"))
        until(f"{PODS} pods are Ready", lambda: cluster.deployment("full")["readyReplicas"] == PODS, 300, every=0.3)
        _print_start(cluster, time.time() - begin)
        _soak(cluster)
        expect(count() == PODS, count(), "are Ready after the probes")
        _disappear(cluster)


def _print_start(cluster, seconds):
    print(f"      {PODS} pods, from kubectl apply to all Ready: {seconds:.1f} s", flush=True)
    steps = {}
    for pod in cluster.pods("app=full"):
        status = pod["status"]
        times = {one["type"]: _time(one["lastTransitionTime"]) for one in status["conditions"]}
        created, started = _time(pod["metadata"]["creationTimestamp"]), _time(status["startTime"])
        container = _time(status["containerStatuses"][0]["state"]["running"]["startedAt"])
        points = (
            ("created to scheduled", times["PodScheduled"] - created),
            ("to seen by the kubelet", started - times["PodScheduled"]),
            ("to container started", container - started),
            ("to told as Ready", times["Ready"] - container),
        )
        for name, span in points:
            steps.setdefault(name, []).append(span.total_seconds())
    for name, spans in steps.items():
        print(f"        {name}: mean {sum(spans) / len(spans):.1f} s, longest {max(spans):.0f} s", flush=True)
    for operation in ("run_podsandbox", "create_container", "start_container", "list_containers", "exec_sync"):
        count, total = _operation(cluster, operation)
        if count:
            print(f"        CRI {operation}: {count:.0f} calls, mean {total / count * 1000:.1f} ms", flush=True)


def _soak(cluster):
    first, before = _probes(cluster), _figures(cluster)
    calls, seconds = _operation(cluster, "exec_sync")
    begin = time.monotonic()
    until("every round is done", lambda: _probes(cluster) - first >= PODS * ROUNDS, 1200, every=5)
    after = _figures(cluster)
    more_calls, more_seconds = _operation(cluster, "exec_sync")
    print(
        f"      {PODS * ROUNDS} probes in {time.monotonic() - begin:.0f} s, mean "
        f"{(more_seconds - seconds) / (more_calls - calls) * 1000:.1f} ms; jobpodd: {after['memory'] >> 20} MiB "
        f"(before {before['memory'] >> 20}), {after['files']} descriptors ({before['files']}), "
        f"{(after['cpu'] - before['cpu']) / (PODS * ROUNDS) * 1e6:.0f} us of processor a probe",
        flush=True,
    )
    restarts = sum(one["status"]["containerStatuses"][0]["restartCount"] for one in cluster.pods("app=full"))
    expect(restarts == 0, restarts, "restarts")
    failures = _unhealthy(cluster)
    expect(not failures, "probes have failed:", dict(failures))
    expect(after["files"] <= before["files"] + 20, "descriptors leak:", before, after)
    expect(len(before["shims"]) == PODS and after["shims"] == before["shims"], "shims:", before, after)


def _disappear(cluster):
    begin = time.monotonic()
    cluster.delete("deployment", "full", "--cascade=foreground")
    until("the API server has no pod", lambda: not cluster.pods("app=full"), 180)
    print(f"      {PODS} pods gone after {time.monotonic() - begin:.1f} s", flush=True)
    until("no shim is left", lambda: not processes(f"jobpod-shim\0{cluster.dir}/state"))
    until("no container is left", lambda: not cluster.containers())
    until("no volume is mounted", lambda: not mounts_below(f"{cluster.dir}/kubelet/pods"))
    until("no pod's group is left", lambda: not _pod_groups())
    until("no pod's directory is left", lambda: not os.listdir(f"{cluster.dir}/kubelet/pods"))


def _pod_groups():
    return [
        path
        for place in cgroup_hierarchies()
        for path, _, _ in os.walk(place)
        if "jobpod-cluster-" in path and "/pod" in path[len(place) :].replace("/kubepods", "")
    ]


def _figures(cluster):
    pid = cluster.pid("jobpodd")
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return {
        "memory": int(fields[21]) * os.sysconf("SC_PAGESIZE"),
        "cpu": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        "files": len(os.listdir(f"/proc/{pid}/fd")),
        "shims": _shims(cluster),
    }


def _shims(cluster):
    """Their ids. What a shim has forked looks the same until it becomes the container's program."""
    found = processes(f"jobpod-shim\0{cluster.dir}/state")
    return sorted(pid for pid in found if _parent(pid) not in (None, *found))


def _parent(pid):
    """None when it has ended meanwhile."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def _lines(cluster, metric, path="/metrics"):
    return [line for line in cluster.kubelet(path).splitlines() if line.startswith(metric + "{")]


def _probes(cluster, result=""):
    lines = _lines(cluster, "prober_probe_total", "/metrics/probes")
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if 'pod="full-' in line and result in line)


def _unhealthy(cluster):
    """How often each reason was told."""
    told = collections.Counter()
    if _probes(cluster, 'result="failed"'):
        for event in cluster.get("events?fieldSelector=reason=Unhealthy")["items"]:
            told[event["message"]] += event.get("count") or 1
        told["in all"] += int(_probes(cluster, 'result="failed"'))
    return told


def _operation(cluster, name):
    """(calls, seconds) as the kubelet has counted them since it started."""
    value = lambda kind: sum(
        float(line.rsplit(" ", 1)[1])
        for line in _lines(cluster, f"kubelet_runtime_operations_duration_seconds_{kind}")
        if f'operation_type="{name}"' in line
    )
    return value("count"), value("sum")


def _time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
