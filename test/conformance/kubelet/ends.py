"""How containers and pods end, what is told of it, and what follows."""

import os

from cases import expect
from host import processes
from pods import host_process, next_port, script, sleeper
from wait import until


def add(cases):
    @cases.case("a container that ends is started again, with a back-off that grows")
    def _(node):
        name = node.apply(host_process("crashes", script("exit 7")))
        until(
            "it is held back",
            lambda: node.state(name, "main")[1].get("reason") == "CrashLoopBackOff"
            and node.container(name, "main")["restartCount"] >= 3,
        )
        last = node.container(name, "main")["lastState"]["terminated"]
        expect(last["exitCode"] == 7 and last["reason"] == "Error", last)
        expect(last["containerID"].startswith("jobpod://") and last["startedAt"] and last["finishedAt"], last)
        node.delete_and_wait(name)

    @cases.case("restartPolicy OnFailure and Never: pods succeed and fail")
    def _(node):
        mark = node.mark("once")
        names = [
            node.apply(host_process(name, script(text), restartPolicy=policy))
            for name, text, policy in (
                ("succeeds", "exit 0", "Never"),
                ("fails", "exit 4", "Never"),
                ("recovers", f"echo x >> {mark}; [ $(wc -l < {mark}) -ge 2 ]", "OnFailure"),
            )
        ]
        for name, phase in zip(names, ("Succeeded", "Failed", "Succeeded")):
            until(f"{name} has {phase}", lambda: node.status(name)["phase"] == phase)
        expect(node.state("fails", "main")[1]["exitCode"] == 4, node.status("fails"))
        expect(node.container("recovers", "main")["restartCount"] == 1, node.status("recovers"))
        for name in names:
            node.delete_and_wait(name)

    @cases.case("termination message: the file's text, and with FallbackToLogsOnError the log's end")
    def _(node):
        own = script("echo the reason > /dev/termination-log; exit 5", "own")
        other = script(
            f"echo other > {node.place}-message; exit 5",
            "other",
            terminationMessagePath=f"{node.place}-message",
        )
        fallback = script(
            "echo from the log; exit 5", "fallback", terminationMessagePolicy="FallbackToLogsOnError"
        )
        name = node.apply(host_process("message", own, other, fallback, restartPolicy="Never"))
        for container, message in (
            ("own", "the reason\n"),
            ("other", "other\n"),
            ("fallback", "from the log\n"),
        ):
            ended = until(
                f"{container} has ended",
                lambda: node.state(name, container)[0] == "terminated" and node.state(name, container)[1],
            )
            expect(ended["message"] == message and ended["exitCode"] == 5, ended)
        node.delete_and_wait(name)
        until("its mount point is gone from the host", lambda: not os.path.exists(f"{node.place}-message"))

    @cases.case("a program that is not there: the reason is told, and the pod heals when its manifest does")
    def _(node):
        pod = host_process("no-program", sleeper())
        good = list(pod["spec"]["containers"][0]["command"])
        pod["spec"]["containers"][0]["command"] = ["/no/such/program"]
        name = node.apply(pod)
        told = until(
            "the reason is told",
            lambda: "/no/such/program" in str(node.container(name, "main")) and node.container(name, "main"),
        )
        expect("StartError" in str(told) or "RunContainerError" in str(told), told)
        pod["spec"]["containers"][0]["command"] = good
        node.apply(pod)
        node.wait_ready(name)
        node.delete_and_wait(name)

    @cases.case("a container over its memory limit is OOMKilled, and only it")
    def _(node):
        limit = {"limits": {"memory": "24Mi"}, "requests": {"memory": "24Mi"}}
        eats = script("exec busybox tail /dev/zero", "eats", resources=limit)
        name = node.apply(host_process("memory", eats, sleeper("stays"), restartPolicy="Never"))
        ended = until(
            "it has ended",
            lambda: node.state(name, "eats")[0] == "terminated" and node.state(name, "eats")[1],
        )
        expect(ended["reason"] == "OOMKilled" and ended["exitCode"] == 137, ended)
        expect(node.state(name, "stays")[0] == "running", node.status(name))
        node.delete_and_wait(name)

    @cases.case(
        "deletion: the stop signal first, the whole tree after the grace, and the pod's groups are gone"
    )
    def _(node):
        word, mark = f"4321{next_port()}", node.mark("deletion")
        text = f"trap 'echo asked >> {mark}' TERM; setsid sleep {word} & while :; do sleep 0.2; done"
        name = node.apply(host_process("deletion", script(text), terminationGracePeriodSeconds=3))
        node.wait_ready(name)
        uid = node.find(name)["metadata"]["uid"]
        until("its group is there", lambda: any(uid in group for group in node.cgroups.groups()))
        node.delete_and_wait(name)
        expect(node.read_mark("deletion") == "asked\n", node.read_mark("deletion"))
        expect(not processes(f"sleep\0{word}"), "a process has outlived its pod")
        until("its groups are gone", lambda: not any(uid in group for group in node.cgroups.groups()))
