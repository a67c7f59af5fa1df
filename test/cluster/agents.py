"""The examples of deploy/kubernetes, as they are: a node agent with every kind of volume, and a helper with a
Unix socket."""

import itertools
import json
import os
import stat

from api import NODE
from cases import expect
from cluster import EXAMPLES, TOKEN
from wait import until

AGENT = "node-agent"


def add(cases):
    @cases.case("the node agent of the examples: volumes of every kind, the API from inside, and its end")
    def _(cluster):
        cluster.kubectl("apply", "-f", f"{EXAMPLES}/node-agent.yaml")
        pod = cluster.pod_of("app=node-agent", AGENT)
        cluster.wait_ready(pod, AGENT)
        inside = lambda *command: cluster.kubectl("exec", "-n", AGENT, pod, "--", *command)
        expect(f"agent {pod} on {NODE}: " in cluster.kubectl("logs", "-n", AGENT, pod))
        _check_volumes(inside)
        _check_api_from_inside(cluster, inside)
        _check_update(cluster, pod, inside)
        _check_end(cluster, pod)

    @cases.case("the CSI-proxy example: a driver's pod asks the helper's Unix socket on the host")
    def _(cluster):
        cluster.kubectl("apply", "-f", f"{EXAMPLES}/csi-proxy.yaml")
        for app in ("csi-proxy", "csi-driver"):
            cluster.wait_ready(cluster.pod_of(f"app={app}"))
        socket = "/var/lib/csi-proxy/csi.sock"
        expect(stat.S_ISSOCK(os.stat(socket).st_mode), "no socket on the host")
        driver = cluster.pod_of("app=csi-driver")
        until("the driver has its answer", lambda: "bytes" in cluster.logs(driver, "driver"))
        answer = cluster.kubectl("exec", driver, "--", "csi-proxy", "ask", "/csi/csi.sock", "volumes")
        expect(" /proc proc " in answer, answer)
        cluster.kubectl("delete", "-f", f"{EXAMPLES}/csi-proxy.yaml")
        until("its pods are gone", lambda: not cluster.pods("app in (csi-proxy,csi-driver)".replace(" ", "%20")))
        os.unlink(socket)
        os.rmdir(os.path.dirname(socket))


def _check_volumes(inside):
    read = lambda path: inside("cat", path)
    expect(read("/etc/node-agent/agent.conf") == "interval=5\n", "ConfigMap")
    expect(read("/etc/node-agent-password/password") == "correct horse battery staple", "Secret")
    expect(read("/hpc/etc/node-agent-password/password"), "Secret below the mount point")
    expect('app="node-agent"' in read("/etc/node-agent-about/labels"), "downward API, labels")
    expect(read("/etc/node-agent-about/memory") == str(64 << 20), "downward API, limits")
    expect(read("/var/run/secrets/node-agent/namespace") == AGENT, "projected downward API")
    expect(read("/var/run/secrets/node-agent/token").count(".") == 2, "projected token")
    expect(read("/run/node-agent/last-seen") == "interval=5\n", "emptyDir")
    expect(set(inside("ls", "/host/log").split()) >= set(os.listdir("/var/log")) - {"pods"}, "hostPath")
    expect("Read-only" in inside("sh", "-c", "touch /host/log/x 2>&1 || true"), "hostPath, read-only")
    expect(inside("stat", "-L", "-c", "%a", "/etc/node-agent-password/password") == "400\n", "mode of a Secret")
    expect(not os.path.exists("/etc/node-agent/agent.conf"), "the host sees the pod's volume")


def _check_api_from_inside(cluster, inside):
    """kubectl finds the API server as every client does in a pod: environment, token and CA."""
    kubectl = f"{cluster.kubectl_program} --cache-dir=/run/node-agent/kubectl"
    told = inside(*kubectl.split(), "get", "nodes", "-o", "name")
    expect(told == f"node/{NODE}\n", told)
    denied = inside("sh", "-c", f"{kubectl} get secrets 2>&1 || true")
    expect("system:serviceaccount:node-agent:node-agent" in denied and "forbidden" in denied, denied)
    expect(inside("ls", TOKEN).split() == ["ca.crt", "namespace", "token"], inside("ls", TOKEN))


def _check_update(cluster, pod, inside):
    change = {"data": {"agent.conf": "interval=1\n"}}
    cluster.kubectl("patch", "configmap", AGENT, "-n", AGENT, "--patch", json.dumps(change))
    numbers = itertools.count()

    def seen():
        # A changed pod has its volumes looked at now, and not within a minute; the kubelet may know the pod's change
        # before the ConfigMap's.
        cluster.kubectl("annotate", "pod", pod, "-n", AGENT, "--overwrite", f"told={next(numbers)}")
        return inside("cat", "/etc/node-agent/agent.conf") == "interval=1\n"

    until("the container sees the new text", seen, every=1)


def _check_end(cluster, pod):
    uid = cluster.get(f"pods/{pod}", AGENT)["metadata"]["uid"]
    cluster.kubectl("delete", "-f", f"{EXAMPLES}/node-agent.yaml", "--timeout=90s")
    until("its sandbox is gone", lambda: not [one for one in cluster.sandboxes() if one["metadata"]["uid"] == uid])
    for place in ("/etc/node-agent", "/etc/node-agent-password", "/run/node-agent", "/host", TOKEN):
        until(f"{place} is gone from the host", lambda: not os.path.exists(place))
