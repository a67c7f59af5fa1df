"""A kubelet that lives by the runtime's events (EventedPLEG) and takes all figures from it
(PodAndContainerStatsFromCRI)."""

import json

from cases import expect
from pods import host_process, script, sleeper
from wait import until

GATES = {"featureGates": {"EventedPLEG": True, "PodAndContainerStatsFromCRI": True, "CRIListStreaming": True}}
BUSY = "while :; do :; done"
LABELS = ("container", "pod", "namespace", "image", "name", "id")


def add(cases):
    @cases.case("by events: pods start, end and are told of at once")
    def _(node):
        names = [node.apply(host_process(f"evented-{i}", sleeper())) for i in range(3)]
        for name in names:
            node.wait_ready(name)
        ends = node.apply(host_process("evented-ends", script("exit 0"), restartPolicy="Never"))
        until("its end is told", lambda: node.status(ends)["phase"] == "Succeeded")
        expect(_relists(node) < 20, "the kubelet fell back to asking every second")
        for name in [*names, ends]:
            node.delete_and_wait(name)

    @cases.case("by events: a crash is noticed and the container started again")
    def _(node):
        mark = node.mark("evented-crash")
        text = f"echo x >> {mark}; [ $(wc -l < {mark}) -ge 2 ] || exit 3; exec sleep 100000"
        name = node.apply(host_process("evented-crash", script(text)))
        until(
            "it runs the second time",
            lambda: node.state(name, "main")[0] == "running"
            and node.container(name, "main")["restartCount"] == 1,
        )
        node.delete_and_wait(name)

    @cases.case("by events: the daemon's SIGKILL and return")
    def _(node):
        name = node.apply(host_process("evented-stays", sleeper()))
        node.wait_ready(name)
        before = node.container(name, "main")["containerID"]
        node.jobpod.program.kill()
        node.jobpod.start()
        other = node.apply(host_process("evented-later", sleeper()))
        node.wait_ready(other)
        expect(node.container(name, "main")["containerID"] == before, "it was started again")
        for pod in (name, other):
            node.delete_and_wait(pod)

    @cases.case("figures from CRI alone: /stats/summary has processor and memory of pod and container")
    def _(node):
        name = node.apply(host_process("cri-summary", script(BUSY, resources={"limits": {"cpu": "200m"}})))
        until("both have figures", lambda: _complete(node.summary(name)))
        node.delete_and_wait(name)

    @cases.case("figures from CRI alone: /metrics/cadvisor names container, pod, namespace and image")
    def _(node):
        name = node.apply(host_process("cri-metrics", script(BUSY, resources={"limits": {"cpu": "200m"}})))
        node.wait_ready(name)
        line = until(
            "the container has its time",
            lambda: _line(
                node, "container_cpu_usage_seconds_total", 'container="main"', 'pod="cri-metrics-node"'
            ),
        )
        expect(all(f'{label}="' in line for label in LABELS), line)
        expect('namespace="default"' in line and 'image="127.0.0.1:5000/busybox:latest"' in line, line)
        until(
            "memory, threads and start are there",
            lambda: all(
                _line(node, metric, 'pod="cri-metrics-node"')
                for metric in (
                    "container_memory_working_set_bytes",
                    "container_threads",
                    "container_start_time_seconds",
                    "container_fs_usage_bytes",
                )
            ),
        )
        until(
            "the pod has its own",
            lambda: _line(node, "container_memory_usage_bytes", 'container=""', 'pod="cri-metrics-node"'),
        )
        node.delete_and_wait(name)

    @cases.case("the runtime's handlers and features are what the kubelet is told")
    def _(node):
        status = json.loads(node.crictl("info"))
        handlers = {one.get("name", "") for one in status["runtimeHandlers"]}
        expect({"", "hostprocess", "hostprocess-link", "image-root"} <= handlers, status)


def _relists(node):
    text = node.metrics("/metrics")
    return int(
        next(
            line
            for line in text.splitlines()
            if line.startswith("kubelet_pleg_relist_interval_seconds_count")
        ).split()[1]
    )


def _complete(pod):
    every = [pod, *pod["containers"]]
    return all(one["cpu"]["usageNanoCores"] > 0 and one["memory"]["workingSetBytes"] > 0 for one in every)


def _line(node, metric, *labels):
    return next(
        (
            line
            for line in node.metrics("/metrics/cadvisor").splitlines()
            if line.startswith(metric + "{") and all(label in line for label in labels)
        ),
        None,
    )
