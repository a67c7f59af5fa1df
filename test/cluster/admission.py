"""Ordinary pods, on a node that lets them in."""

from api import NODE
from cases import expect
from cluster import TOKEN
from pods import ordinary, script
from scheduling import TOLERATES
from wait import until

ASKS = {
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
TELLS = (
    "cat /etc/jobpod-image /etc/told/key; echo; touch /file 2>&1; echo \"I see $(ls /proc | grep -c '^[0-9]')\"; "
    f"grep -E '^(CapEff|Seccomp|NoNewPrivs):' /proc/self/status; ls {TOKEN}; exec sleep 100000"
)


def add(cases):
    @cases.case("runtime class image-root: an ordinary host-network pod has its image as root, and what it asks for")
    def _(cluster):
        cluster.admit("host-network")
        try:
            _check_pod(cluster)
        finally:
            cluster.admit("host-process")


def _check_pod(cluster):
    expect(cluster.handlers()["image-root"]["recursiveReadOnlyMounts"], cluster.handlers())
    cluster.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "told"}, "data": {"key": "a ConfigMap"}},
        ordinary(
            "root",
            script(TELLS, securityContext=ASKS, volumeMounts=[{"name": "told", "mountPath": "/etc/told"}]),
            hostNetwork=True,
            runtimeClassName="image-root",
            automountServiceAccountToken=True,
            volumes=[{"name": "told", "configMap": {"name": "told"}}],
        ),
    )
    cluster.wait_ready("root")
    told = until("it has spoken", lambda: (text := cluster.logs("root")).endswith("token\n") and text)
    for line in (
        "from the image", "a ConfigMap", "touch: /file: Read-only file system", "CapEff:\t0000000000000000",
        "Seccomp:\t2", "NoNewPrivs:\t1", "ca.crt",
    ):
        expect(line in told, line, "is missing in", told)
    expect(int(told.split("I see ")[1].split()[0]) < 10, "the host's processes:", told)
    expect(cluster.get("pods/root")["spec"]["nodeName"] == NODE)
    cluster.delete("pod", "root")
    cluster.apply(ordinary("no-network", script("true"), **TOLERATES))
    until("a pod without the host's network is refused", lambda: _refusal(cluster))
    cluster.delete("pod", "no-network")
    cluster.delete("configmap", "told")


def _refusal(cluster):
    return [one for one in cluster.events("no-network") if "pods.admit is host-network" in one]
