"""Probes: what they ask, when they fail, and what follows."""

import os

from cases import expect
from host import processes
from pods import host_process, next_port, script, sleeper, web
from wait import until

QUICK = {"periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 5}


def add(cases):
    @cases.case("readiness by exec follows what the command says")
    def _(node):
        mark = node.mark("ready-exec")
        probe = {**QUICK, "exec": {"command": ["test", "-e", mark]}}
        name = node.apply(host_process("ready-exec", sleeper(readinessProbe=probe)))
        _turns_ready_and_back(node, name, mark)
        node.delete_and_wait(name)

    @cases.case("readiness by HTTP follows the server's answer")
    def _(node):
        port, directory = next_port(), node.mark("ready-http")
        os.makedirs(directory)
        probe = {**QUICK, "httpGet": {"path": "/healthz", "port": port}}
        name = node.apply(host_process("ready-http", web(port, directory, readinessProbe=probe)))
        _turns_ready_and_back(node, name, f"{directory}/healthz")
        node.delete_and_wait(name)

    @cases.case("readiness by TCP follows the port")
    def _(node):
        port, mark = next_port(), node.mark("ready-tcp")
        listen = f"busybox timeout 2 busybox nc -l -p {port} > /dev/null"
        serve = f"while :; do if [ -e {mark} ]; then {listen}; fi; sleep 0.05; done"
        probe = {**QUICK, "failureThreshold": 3, "tcpSocket": {"port": port}}
        name = node.apply(host_process("ready-tcp", script(serve, readinessProbe=probe)))
        _turns_ready_and_back(node, name, mark)
        node.delete_and_wait(name)

    @cases.case("liveness by exec: a failing container is started again")
    def _(node):
        mark = node.mark("live-exec")
        open(mark, "w", encoding="utf-8").close()
        probe = {**QUICK, "exec": {"command": ["cat", mark]}}
        name = node.apply(host_process("live-exec", sleeper(livenessProbe=probe)))
        _is_restarted(node, name, lambda: os.unlink(mark))
        open(mark, "w", encoding="utf-8").close()
        node.wait_ready(name)
        node.delete_and_wait(name)

    @cases.case("liveness by HTTP: a failing container is started again")
    def _(node):
        port, directory = next_port(), node.mark("live-http")
        os.makedirs(directory)
        open(f"{directory}/alive", "w", encoding="utf-8").close()
        probe = {**QUICK, "httpGet": {"path": "/alive", "port": port}, "initialDelaySeconds": 1}
        name = node.apply(host_process("live-http", web(port, directory, livenessProbe=probe)))
        _is_restarted(node, name, lambda: os.unlink(f"{directory}/alive"))
        node.delete_and_wait(name)

    @cases.case("liveness by TCP: a container whose port is closed is started again")
    def _(node):
        port, mark = next_port(), node.mark("live-tcp")
        serve = (
            f"busybox httpd -f -p {port} & server=$!; "
            f"until [ -e {mark} ]; do sleep 0.1; done; kill $server; exec sleep 100000"
        )
        probe = {**QUICK, "failureThreshold": 2, "tcpSocket": {"port": port}}
        name = node.apply(host_process("live-tcp", script(serve, livenessProbe=probe)))
        _is_restarted(node, name, lambda: open(mark, "w", encoding="utf-8").close())
        node.delete_and_wait(name)

    @cases.case("liveness waits for the startup probe")
    def _(node):
        mark = node.mark("startup")
        never = {**QUICK, "exec": {"command": ["test", "-e", f"{mark}.live"]}}
        startup = {
            "periodSeconds": 1,
            "failureThreshold": 600,
            "exec": {"command": ["sh", "-c", f"echo >> {mark}.asked; test -e {mark}"]},
        }
        name = node.apply(host_process("startup", sleeper(livenessProbe=never, startupProbe=startup)))
        until("it was asked three times", lambda: len(node.read_mark("startup.asked")) >= 3)
        expect(node.container(name, "main")["restartCount"] == 0, "liveness did not wait")
        expect(not node.container(name, "main")["started"], "it counts as started")
        for file in (f"{mark}.live", mark):
            open(file, "w", encoding="utf-8").close()
        until("it counts as started", lambda: node.container(name, "main")["started"])
        node.delete_and_wait(name)

    @cases.case("a probe that takes too long fails, and its processes are gone")
    def _(node):
        word = f"1234{next_port()}"
        probe = {
            "periodSeconds": 2,
            "timeoutSeconds": 1,
            "failureThreshold": 1,
            "exec": {"command": ["sh", "-c", f"sleep {word} & setsid sleep {word} & wait"]},
        }
        name = node.apply(host_process("slow-probe", sleeper(livenessProbe=probe)))
        until("it was started again", lambda: node.container(name, "main")["restartCount"] >= 1)
        node.delete_and_wait(name)
        until("no process of a probe is left", lambda: not processes(f"sleep\0{word}"))

    @cases.case("grace of the probe: a container that ignores its stop is killed after the probe's own")
    def _(node):
        mark = node.mark("probe-grace")
        probe = {
            **QUICK,
            "exec": {"command": ["test", "-e", f"{mark}.never"]},
            "terminationGracePeriodSeconds": 2,
        }
        text = f"echo x >> {mark}; trap '' TERM; until [ -e {mark}.end ]; do sleep 0.1; done"
        name = node.apply(
            host_process("probe-grace", script(text, livenessProbe=probe), terminationGracePeriodSeconds=3000)
        )
        until("it runs a second time", lambda: len(node.read_mark("probe-grace").splitlines()) >= 2)
        last = until("its end is told", lambda: node.container(name, "main")["lastState"]["terminated"])
        expect(last["exitCode"] == 137, last)
        open(f"{mark}.end", "w", encoding="utf-8").close()
        node.delete_and_wait(name)


def _turns_ready_and_back(node, name, mark):
    until("the container runs", lambda: node.state(name, "main")[0] == "running")
    expect(not node.ready(name), "it is Ready before its probe succeeded")
    open(mark, "w", encoding="utf-8").close()
    until("it is Ready", lambda: node.ready(name))
    os.unlink(mark)
    until("it is not Ready any more", lambda: not node.ready(name))
    expect(node.container(name, "main")["restartCount"] == 0, "readiness restarted it")


def _is_restarted(node, name, make_fail):
    until(
        "it runs",
        lambda: node.state(name, "main")[0] == "running" and node.container(name, "main")["started"],
    )
    first = node.container(name, "main")["containerID"]
    make_fail()
    until("it was started again", lambda: node.container(name, "main")["restartCount"] >= 1)
    expect(node.container(name, "main").get("containerID") != first, "it is the same container")
