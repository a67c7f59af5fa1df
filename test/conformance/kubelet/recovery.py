"""The kubelet, the daemon or both go away and come back; pods do not notice."""

import itertools
import signal

from cases import expect
from pods import host_process, ordinary, script, sleeper
from wait import stays, until

TALKS = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done"


def add(cases):
    number = itertools.count()

    def survives(name, upset):
        @cases.case(f"pods are untouched by {name}")
        def _(node):
            # Static pods of equal manifests have equal uids: each case has names of its own.
            case = next(number)
            talks, sleeps = f"talks-{case}", f"sleeps-{case}"
            names = [node.apply(host_process(talks, script(TALKS))), node.apply(ordinary(sleeps, sleeper()))]
            for pod in names:
                node.wait_ready(pod)
            before = _identities(node, names)
            spoken = _ticks(node, talks)
            upset(node)
            for pod in names:
                node.wait_ready(pod)
            until("the log goes on", lambda: _ticks(node, talks)[-1] > spoken[-1] + 5)
            ticks = _ticks(node, talks)
            expect(ticks == list(range(1, len(ticks) + 1)), "lines of the log are missing")
            stays("the same containers", lambda: _identities(node, names), before, rounds=20)
            expect(all(len(node.sandboxes(pod)) == 1 for pod in names), "a second sandbox was made")
            for pod in names:
                node.delete_and_wait(pod)

    survives("a restart of the daemon", lambda node: _restart_daemon(node, signal.SIGTERM))
    survives("SIGKILL of the daemon", lambda node: _restart_daemon(node, signal.SIGKILL))
    survives("a restart of the kubelet", lambda node: node.restart_kubelet())
    survives("SIGKILL of the kubelet", _kill_kubelet)
    survives("SIGKILL of both", _kill_both)

    @cases.case("a container that ends while the daemon is away is started again, with its exit code told")
    def _(node):
        mark = node.mark("ends-meanwhile")
        name = node.apply(
            host_process(
                "ends-meanwhile", script(f"until [ -e {mark} ]; do sleep 0.05; done; rm {mark}; exit 9")
            )
        )
        node.wait_ready(name)
        node.jobpod.program.kill()
        open(mark, "w", encoding="utf-8").close()
        until("it has ended", lambda: not _exists(mark))
        node.jobpod.start()
        until("it was started again", lambda: node.container(name, "main")["restartCount"] == 1)
        last = node.container(name, "main")["lastState"]["terminated"]
        expect(last["exitCode"] == 9, last)
        node.wait_ready(name)
        node.delete_and_wait(name)

    @cases.case("a pod deleted while the daemon is away is gone after its return")
    def _(node):
        name = node.apply(host_process("deleted-meanwhile", sleeper()))
        node.wait_ready(name)
        node.jobpod.program.kill()
        node.delete(name)
        node.jobpod.start()
        until("the pod is gone", lambda: node.find(name) is None and not node.ready_sandboxes(name))

    @cases.case("probes fail only while the daemon is away: no container is restarted for it")
    def _(node):
        probe = {
            "periodSeconds": 1,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
            "exec": {"command": ["true"]},
        }
        name = node.apply(host_process("probed", sleeper(livenessProbe=probe, readinessProbe=probe)))
        node.wait_ready(name)
        for _ in range(3):
            _restart_daemon(node, signal.SIGKILL)
            node.wait_ready(name)
        expect(node.container(name, "main")["restartCount"] == 0, node.container(name, "main"))
        node.delete_and_wait(name)


def _restart_daemon(node, how):
    node.jobpod.program.end(how)
    node.jobpod.start()


def _kill_kubelet(node):
    node.kubelet.kill()
    node.start_kubelet()


def _kill_both(node):
    node.kubelet.kill()
    node.jobpod.program.kill()
    node.jobpod.start()
    node.start_kubelet()


def _identities(node, names):
    return {
        name: [(one["containerID"], one["restartCount"]) for one in node.status(name)["containerStatuses"]]
        for name in names
    }


def _ticks(node, name):
    text = until("the pod has spoken", lambda: node.logs(name, "main"))
    return [int(line.split()[1]) for line in text.splitlines()]


def _exists(path):
    try:
        return open(path, encoding="utf-8").close() is None
    except FileNotFoundError:
        return False
