"""Logs that are rotated, and figures that are told."""

import glob
import gzip
import os
import time

from cases import expect
from pods import host_process, script
from wait import until

BUSY = "while :; do :; done"


def add(cases):
    @cases.case("a log is rotated while it is written, and no line is lost")
    def _(node):
        mark = node.mark("rotation")
        line = "i=$((i+1)); echo line $i of a log that grows and grows and grows; "
        # Slowly in the end: the newest file may have been begun with nothing in it.
        text = (
            f"i=0; until [ -e {mark} ]; do {line} [ $((i % 20)) != 0 ] || sleep 0.02; done; "
            f"while :; do {line} sleep 1; done"
        )
        name = node.apply(host_process("rotation", script(text)))
        pattern = f"/var/log/pods/default_{name}-node_*/main/0.log*"
        until(
            "the log was rotated and packed",
            lambda: any(file.endswith(".gz") for file in glob.glob(pattern)),
            180,
        )
        open(mark, "w", encoding="utf-8").close()
        numbers = until("its files can be read together", lambda: _numbers(pattern))
        expect(
            numbers == list(range(numbers[0], numbers[0] + len(numbers))),
            "lines are missing after",
            numbers[0],
        )
        expect(len(numbers) > 500, len(numbers))
        until("the kubelet shows the newest", lambda: "line" in node.logs(name, "main", tailLines=1))
        node.delete_and_wait(name)

    @cases.case("/stats/summary: processor, memory and disk of pod and container")
    def _(node):
        text = f"dd if=/dev/zero of=/hpc/tmp/file bs=1M count=3 2>/dev/null; {BUSY}"
        limits = {"limits": {"cpu": "300m", "memory": "64Mi"}}
        name = node.apply(host_process("summary", script(text, resources=limits)))
        container = until("the container has figures", lambda: _told(node.summary(name)["containers"][0]))
        expect(container["cpu"]["usageNanoCores"] < 1e9, container)
        expect(0 < container["memory"]["workingSetBytes"] < 64 << 20, container)
        expect(container["memory"]["availableBytes"] > 0, container)
        until(
            "its files count", lambda: node.summary(name)["containers"][0]["rootfs"]["usedBytes"] >= 3 << 20
        )
        expect(container["logs"]["capacityBytes"] > 0, container)
        until("the pod has figures", lambda: _told(node.summary(name)))
        node.delete_and_wait(name)

    @cases.case("/metrics/resource: processor and memory by container")
    def _(node):
        name = node.apply(host_process("resource", script(BUSY, resources={"limits": {"cpu": "100m"}})))
        labels = f'{{container="main",namespace="default",pod="{name}-node"}}'
        for metric in ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes"):
            until(
                f"{metric} is above zero",
                lambda: _value(node.metrics("/metrics/resource"), metric + labels) > 0,
            )
        node.delete_and_wait(name)

    @cases.case("limits of a pod are its groups' limits")
    def _(node):
        limits = {"limits": {"cpu": "250m", "memory": "32Mi"}}
        text = "cat /proc/self/cgroup; exec sleep 100000"
        name = node.apply(host_process("limits", script(text, resources=limits)))
        node.wait_ready(name)
        uid = node.find(name)["metadata"]["uid"]
        groups = until("its log is there", lambda: node.logs(name, "main"))
        memory = next(
            line.split(":", 2)[2]
            for line in groups.splitlines()
            if uid in line and ":memory:" in line or line.startswith("0::") and uid in line
        )
        expect(f"/{node.cgroups.name}/kubepods/pod{uid}/" in memory, groups)
        until("memory limit", lambda: _limit(memory, "memory.limit_in_bytes", "memory.max") == str(32 << 20))
        until(
            "the pod's own",
            lambda: _limit(memory.rsplit("/", 2)[0], "memory.limit_in_bytes", "memory.max") == str(32 << 20),
        )
        node.delete_and_wait(name)


def _numbers(pattern):
    """The lines' numbers over all files, once neither the container nor rotation changes them any more."""
    numbers, before = [], _sizes(pattern)
    for file in sorted(before, key=lambda file: (file.endswith("0.log"), file)):
        opened = gzip.open(file, "rt") if file.endswith(".gz") else open(file, encoding="utf-8")
        with opened as lines:
            for line in lines:
                _, _, tag, text = line.rstrip("\n").split(" ", 3)
                if tag == "F" and line.endswith("\n"):
                    numbers.append(int(text.split()[1]))
    time.sleep(0.2)
    return (
        numbers if _sizes(pattern) == before and not any(file.endswith(".tmp") for file in before) else None
    )


def _sizes(pattern):
    return {file: os.path.getsize(file) for file in glob.glob(pattern)}


def _told(figures):
    """The figures once they are all there."""
    whole = (
        figures["cpu"]["usageNanoCores"] > 0
        and figures["cpu"]["usageCoreNanoSeconds"] > 0
        and figures["memory"]["workingSetBytes"] > 0
    )
    return whole and figures


def _value(text, metric):
    return next(float(line.rsplit(" ", 2)[1]) for line in text.splitlines() if line.startswith(metric))


def _limit(group, *files):
    for file in files:
        for place in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup"):
            try:
                with open(f"{place}{group}/{file}", encoding="ascii") as found:
                    return found.read().strip()
            except OSError:
                continue
    raise OSError(f"{group} has none of {files}")
