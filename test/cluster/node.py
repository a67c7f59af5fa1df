"""What the API server knows of the node, and the node's configuration."""

import subprocess

from api import NODE
from cases import expect
from cluster import EXAMPLES
from wait import until


def add(cases):
    @cases.case("the node is Ready, with the runtime's name and version")
    def _(cluster):
        expect(f"{NODE}   Ready" in cluster.kubectl("get", "nodes"), cluster.kubectl("get", "nodes"))
        info = cluster.node()["status"]["nodeInfo"]
        expect(info["containerRuntimeVersion"].startswith("jobpod://"), info)
        conditions = {one["type"]: one["status"] for one in cluster.node()["status"]["conditions"]}
        expect(conditions.pop("Ready") == "True" and set(conditions.values()) == {"False"}, conditions)

    @cases.case("the node names the handlers, and what they can do")
    def _(cluster):
        handlers = cluster.handlers()
        # image-root is one only where pods.admit lets ordinary pods in.
        expect(set(handlers) == {"", "hostprocess", "hostprocess-link"}, handlers)
        expect(not any(one.get("userNamespaces") for one in handlers.values()), handlers)

    @cases.case("the node is tainted and labelled as the examples expect")
    def _(cluster):
        node = cluster.node()
        expect(
            {"key": "jobpod.io/host-process", "effect": "NoSchedule"} in node["spec"]["taints"], node["spec"]
        )
        expect(node["metadata"]["labels"]["jobpod.io/host-process"] == "true", node["metadata"])

    @cases.case("the kubelet's configuration for Windows is one a kubelet takes")
    def _(cluster):
        # Here it gets as far as the pipe's name, which only Windows has. It has no API server, and no cgroups to ask.
        alone = ["--fail-cgroupv1=false", "--authentication-token-webhook=false", "--authorization-mode=AlwaysAllow"]
        alone += [f"--root-dir={cluster.work}/windows", f"--cert-dir={cluster.work}/windows"]
        done = subprocess.run(
            [f"{cluster.kubernetes}/kubelet", f"--config={EXAMPLES}/kubelet-windows.yaml", *alone],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )
        expect(done.returncode != 0 and 'protocol \\"npipe\\" not supported' in done.stderr, done.stderr)
