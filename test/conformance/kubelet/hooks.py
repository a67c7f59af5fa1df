"""Hooks, init containers and sidecars: what runs before, beside and after a pod's containers."""

import os

from cases import expect
from pods import FOR_EVER, host_process, next_port, script, sleeper, web
from wait import until

SIDECAR = {"restartPolicy": "Always"}


def add(cases):
    @cases.case("postStart and preStop hooks run in the container, preStop before the stop signal")
    def _(node):
        mark = node.mark("hooks")
        hook = lambda word: {
            "exec": {
                "command": ["sh", "-c", f"cat /hpc/etc/jobpod-image > /dev/null && echo {word} >> {mark}"]
            }
        }
        text = f"trap 'echo stopped >> {mark}; exit 0' TERM; while :; do sleep 0.2 & wait $!; done"
        lifecycle = {"postStart": hook("started"), "preStop": hook("stopping")}
        name = node.apply(
            host_process("hooks", script(text, lifecycle=lifecycle), terminationGracePeriodSeconds=30)
        )
        node.wait_ready(name)
        node.delete_and_wait(name)
        expect(node.read_mark("hooks").split() == ["started", "stopping", "stopped"], node.read_mark("hooks"))

    @cases.case("hooks by HTTP ask the container's own server")
    def _(node):
        port, directory = next_port(), node.mark("hook-http")
        os.makedirs(f"{directory}/cgi-bin")
        for word in ("started", "stopping"):
            file = f"{directory}/cgi-bin/{word}"
            with open(file, "w", encoding="utf-8") as cgi:
                cgi.write(f"#!/bin/sh\necho {word} >> {directory}/told\necho\necho ok\n")
            os.chmod(file, 0o755)
        hook = lambda word: {"httpGet": {"path": f"/cgi-bin/{word}", "port": port}}
        # The kubelet asks once: the server must be there by then.
        other = web(port, directory, "server")
        main = sleeper(lifecycle={"postStart": hook("started"), "preStop": hook("stopping")})
        name = node.apply(
            host_process(
                "hook-http",
                main,
                initContainers=[
                    {**other, **SIDECAR, "startupProbe": {"periodSeconds": 1, "tcpSocket": {"port": port}}}
                ],
                terminationGracePeriodSeconds=30,
            )
        )
        node.wait_ready(name)
        node.delete_and_wait(name)
        expect(
            node.read_mark("hook-http/told").split() == ["started", "stopping"],
            node.read_mark("hook-http/told"),
        )

    @cases.case("a postStart hook that fails ends its container, and the pod tells so")
    def _(node):
        hook = {"postStart": {"exec": {"command": ["sh", "-c", "echo no luck >&2; exit 3"]}}}
        name = node.apply(host_process("bad-hook", sleeper(lifecycle=hook)))
        until("the hook's failure is told", lambda: "PostStartHookError" in str(node.container(name, "main")))
        node.delete_and_wait(name)

    @cases.case("init containers run one after the other, each to its end, before the others")
    def _(node):
        mark = node.mark("init")
        init = [script(f"sleep 0.3; echo {word} >> {mark}", word) for word in ("one", "two", "three")]
        name = node.apply(
            host_process("init", script(f"echo main >> {mark}; {FOR_EVER}"), initContainers=init)
        )
        node.wait_ready(name)
        expect(node.read_mark("init").split() == ["one", "two", "three", "main"], node.read_mark("init"))
        expect(
            all(
                one["state"]["terminated"]["reason"] == "Completed"
                for one in node.status(name)["initContainerStatuses"]
            )
        )
        node.delete_and_wait(name)

    @cases.case("an init container that fails is tried again, and nothing else starts before")
    def _(node):
        mark = node.mark("init-fails")
        init = script(f"echo try >> {mark}; [ $(wc -l < {mark}) -ge 3 ]", "first")
        name = node.apply(
            host_process("init-fails", script(f"echo main >> {mark}; {FOR_EVER}"), initContainers=[init])
        )
        node.wait_ready(name)
        expect(
            node.read_mark("init-fails").split() == ["try", "try", "try", "main"],
            node.read_mark("init-fails"),
        )
        node.delete_and_wait(name)

    @cases.case("a sidecar starts first, is restarted alone, and stops last")
    def _(node):
        mark = node.mark("sidecar")
        say = lambda word: (
            f"echo {word} started >> {mark}; trap 'echo {word} stopped >> {mark}; exit 0' TERM; "
            f"while :; do [ ! -e {mark}.crash-{word} ] || {{ rm {mark}.crash-{word}; exit 1; }}; "
            "sleep 0.1 & wait $!; done"
        )
        name = node.apply(
            host_process(
                "sidecar",
                script(say("main")),
                terminationGracePeriodSeconds=30,
                initContainers=[script(say("side"), "side", **SIDECAR)],
            )
        )
        node.wait_ready(name)
        open(f"{mark}.crash-side", "w", encoding="utf-8").close()
        until("the sidecar was started again", lambda: node.container(name, "side")["restartCount"] == 1)
        until("it runs", lambda: node.state(name, "side")[0] == "running")
        expect(node.container(name, "main")["restartCount"] == 0, "the main container was restarted too")
        node.delete_and_wait(name)
        told = node.read_mark("sidecar").splitlines()
        expect(told == ["side started", "main started", "side started", "main stopped", "side stopped"], told)
