"""Who comes to the node, who is refused there, and what people are told."""

from api import NODE
from cases import expect
from commands import agent
from pods import host_process, ordinary, script, sleeper
from wait import stays, until

TOLERATES = {"tolerations": [{"key": "jobpod.io/host-process", "operator": "Exists"}]}


def add(cases):
    @cases.case("an ordinary pod does not come to the node: it waits, and the scheduler says why")
    def _(cluster):
        name = cluster.apply(ordinary("stranger", sleeper()))
        told = until("the scheduler tells", lambda: "\n".join(cluster.events(name)))
        expect("FailedScheduling" in told and "1 node(s) had untolerated taint(s)" in told, told)
        expect(not cluster.get(f"pods/{name}")["spec"].get("nodeName"), "it was scheduled")
        stays("no sandbox", lambda: _sandboxes(cluster, name), 0, rounds=10)
        cluster.delete("pod", name)

    @cases.case("an ordinary pod that tolerates the taint is refused, and its event says what to change")
    def _(cluster):
        name = cluster.apply(ordinary("tolerant", sleeper(), **TOLERATES))
        told = _refusal(cluster, name, "FailedCreatePodSandBox")
        for part in ("default/tolerant is not a HostProcess pod", "pods.admit is host-process", "hostprocess"):
            expect(part in told, told)
        expect(_sandboxes(cluster, name) == 0, "a refused pod has a sandbox")
        expect(cluster.status(name)["phase"] == "Pending", cluster.status(name))
        cluster.delete("pod", name)

    @cases.case("a pod of the class that does not ask for the host's network is refused by name")
    def _(cluster):
        pod = ordinary("no-network", sleeper(securityContext={"privileged": True}), runtimeClassName="hostprocess")
        name = cluster.apply(pod)
        told = _refusal(cluster, name, "FailedCreatePodSandBox")
        expect("hostprocess" in told and "network" in told, told)
        cluster.delete("pod", name)

    @cases.case("a mixed pod: the container that is not privileged is refused, and told why")
    def _(cluster):
        name = cluster.apply(
            agent("mixed", sleeper("agent"), sleeper("plain", securityContext={"privileged": False}))
        )
        told = _refusal(cluster, name, "Failed")
        expect("container plain of a HostProcess pod must itself have" in told and "privileged" in told, told)
        until("the other runs", lambda: "running" in cluster.container(name, "agent")["state"])
        waits = cluster.container(name, "plain")["state"]["waiting"]
        expect(waits["reason"] == "CreateContainerError", waits)
        cluster.delete("pod", name)

    @cases.case("a runtime class whose handler the node lacks: the node says so")
    def _(cluster):
        cluster.apply(
            {
                "apiVersion": "node.k8s.io/v1",
                "kind": "RuntimeClass",
                "metadata": {"name": "wrong"},
                "handler": "no-such-handler",
            }
        )
        name = cluster.apply(host_process("wrong-class", sleeper(), runtimeClassName="wrong", **TOLERATES))
        told = _refusal(cluster, name, "FailedCreatePodSandBox")
        expect("no-such-handler" in told, told)
        cluster.delete("pod", name)
        cluster.delete("runtimeclass", "wrong")

    for handler, place in (("hostprocess", "/hpc"), ("hostprocess-link", "/jobpod/hpc/")):

        @cases.case(f"runtime class {handler} chooses the handler, the node and the toleration")
        def _(cluster, handler=handler, place=place):
            text = 'echo "$CONTAINER_SANDBOX_MOUNT_POINT"; exec sleep 100000'
            name = cluster.apply(agent(f"by-class-{handler}", script(text), runtimeClassName=handler))
            cluster.wait_ready(name)
            spec = cluster.get(f"pods/{name}")["spec"]
            expect(spec["nodeName"] == NODE and spec["nodeSelector"], spec)
            expect(any(one.get("key") == "jobpod.io/host-process" for one in spec["tolerations"]), spec)
            expect(place in cluster.kubectl("logs", name), cluster.kubectl("logs", name))
            handlers = [one["runtimeHandler"] for one in cluster.sandboxes() if one["metadata"]["name"] == name]
            expect(handlers == [handler], handlers)
            cluster.delete("pod", name)


def _sandboxes(cluster, name):
    return len([one for one in cluster.sandboxes() if one["metadata"]["name"] == name])


def _refusal(cluster, name, reason):
    """The event, as `kubectl describe` shows it."""
    return until(
        f"an event {reason}",
        lambda: next(one for one in cluster.events(name) if one.startswith(f"{reason}:")),
    )
