"""What monitoring reads: the kubelet's figures by the API server, from CRI alone when its gate says so."""

import json
import re

from cases import expect
from commands import agent
from pods import script
from wait import until

BUSY = "dd if=/dev/zero of=/hpc/tmp/file bs=1M count=2 2>/dev/null; while :; do :; done"
LIMITS = {"limits": {"cpu": "200m", "memory": "64Mi"}}
# Of cAdvisor's names, those an alert or a dashboard is commonly made of.
CADVISOR = (
    "container_cpu_usage_seconds_total container_cpu_cfs_throttled_periods_total container_memory_usage_bytes "
    "container_memory_working_set_bytes container_memory_rss container_memory_cache container_fs_usage_bytes "
    "container_network_receive_bytes_total container_processes container_start_time_seconds "
    "container_spec_memory_limit_bytes container_oom_events_total container_last_seen"
).split()


def add(cases):
    def figures(title, check_cadvisor):
        @cases.case(f"figures of pod and container, {title}")
        def _(cluster):
            name = cluster.apply(agent("busy", script(BUSY, resources=LIMITS)))
            cluster.wait_ready(name)
            pod = until("the summary has them", lambda: _told(_summary(cluster, name)))
            container = pod["containers"][0]
            expect(0 < container["memory"]["workingSetBytes"] < 64 << 20, container)
            until("its files count", lambda: _summary(cluster, name)["containers"][0]["rootfs"]["usedBytes"] >= 2 << 20)
            labels = f'container="main",namespace="default",pod="{name}"'
            for metric in ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes"):
                until(metric, lambda: _value(cluster.kubelet("/metrics/resource"), metric, labels) > 0)
            for metric in ("pod_cpu_usage_seconds_total", "pod_memory_working_set_bytes"):
                until(metric, lambda: _value(cluster.kubelet("/metrics/resource"), metric, f'pod="{name}"') > 0)
            check_cadvisor(cluster, name)
            cluster.delete("pod", name)

    figures("from cAdvisor and CRI", lambda *_: None)

    @cases.case("the kubelet takes all figures from CRI when PodAndContainerStatsFromCRI says so")
    def _(cluster):
        cluster.set_kubelet({"featureGates": {"PodAndContainerStatsFromCRI": True}})

    figures("from CRI alone", _check_metrics)

    @cases.case("the kubelet goes back to its own figures")
    def _(cluster):
        cluster.set_kubelet(None)


def _check_metrics(cluster, pod):
    """/metrics/cadvisor is CRI's list now."""
    labels = f'pod="{pod}"'
    until("CPU time is told", lambda: _value(_cadvisor(cluster), "container_cpu_usage_seconds_total", labels) > 0)
    text = _cadvisor(cluster)
    for metric in CADVISOR:
        lines = [line for line in text.splitlines() if line.startswith(metric + "{") and labels in line]
        of_pod = [line for line in lines if 'container=""' in line]
        if "network" in metric:
            told = {re.search('interface="([^"]*)"', line).group(1) for line in of_pod}
            expect(told == _interfaces() and lines == of_pod, metric, lines, _interfaces())
        else:
            expect(of_pod and len(lines) > len(of_pod), metric, lines)
        expect(all('namespace="default"' in line for line in lines), lines)
    expect(_value(text, "container_spec_memory_limit_bytes", f'container="main",', labels) == 64 << 20)
    expect(f"# TYPE container_memory_working_set_bytes gauge" in text, "types")


def _interfaces():
    """The host's, which are the pod's; the loopback interface does not count."""
    with open("/proc/net/dev", encoding="ascii") as file:
        return {line.split(":")[0].strip() for line in file if ":" in line} - {"lo"}


def _cadvisor(cluster):
    return cluster.kubelet("/metrics/cadvisor")


def _summary(cluster, name):
    pods = json.loads(cluster.kubelet("/stats/summary"))["pods"] or []
    return next(pod for pod in pods if pod["podRef"]["name"] == name)


def _told(pod):
    whole = lambda one: one["cpu"]["usageNanoCores"] > 0 and one["memory"]["workingSetBytes"] > 0
    return whole(pod) and whole(pod["containers"][0]) and pod


def _value(text, metric, *labels):
    """The value of the sample with these labels."""
    for line in text.splitlines():
        found = re.match(rf"{metric}\{{(.*)\}} ([^ ]+)", line)
        if found and all(label in found.group(1) for label in labels):
            return float(found.group(2))
    raise LookupError(f"no {metric} with {labels}")
