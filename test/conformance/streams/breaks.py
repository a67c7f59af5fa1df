"""Clients, daemon and containers that die in the middle of a stream, and what they leave."""

import os
import signal
import subprocess

from cases import expect
from place import TRANSPORTS, finish, kill, start
from wait import until

BUSY = "trap '' TERM HUP INT; (setsid sleep 100000 &); echo on; cat; exec sleep 100000"


def add(cases):
    for transport in TRANSPORTS:
        add_for(cases, transport)


def add_for(cases, transport):
    @cases.case(f"a client killed in the middle of exec and attach leaves nothing, {transport}")
    def _(place):
        container = place.container("while read x; do echo got $x; done", stdin=True)
        kinds = [
            ("exec", "-i", container, "sh", "-c", BUSY),
            ("exec", container, "cat", "/dev/zero"),
            ("exec", "-i", container, "sh", "-c", "cat >/dev/null"),
            ("attach", "-i", container),
            ("attach", container),
        ]
        before = settle(place, container)
        for kind in kinds:
            clients = [
                start(place.stream(transport, *kind), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                for _ in range(4)
            ]
            if kind[0] == "exec":
                until("they run", lambda: len(place.processes_of(container)) >= 5)
            write_some(clients[0])
            for client in clients:
                kill_at_once(client)
        expect_settled(place, container, before)
        place.remove(container)

    @cases.case(f"a daemon killed in the middle takes execs along, not containers, {transport}")
    def _(place):
        container = place.container("echo up; while read x; do echo got $x; done; exit 3", stdin=True)
        before = settle(place, container)
        clients = [
            start(place.stream(transport, *kind), stdin=subprocess.PIPE)
            for kind in (
                ("exec", "-i", container, "sh", "-c", BUSY),
                ("exec", container, "sleep", "100000"),
                ("attach", "-i", container),
                ("port-forward", place.pod, ":1"),
            )
        ]
        until("they run", lambda: len(place.processes_of(container)) >= 4)
        place.jobpod.program.kill()
        for client in clients[:3]:
            finish(client)
        kill(clients[3])
        until("the execs are gone", lambda: len(place.processes_of(container)) == 1)
        place.jobpod.start()
        expect(place.status(container)["state"] == "CONTAINER_RUNNING", "it should go on")
        expect_settled(place, container, before, files=False)
        again = start(place.stream(transport, "attach", "-i", container), stdin=subprocess.PIPE)
        again.stdin.write(b"again\n")
        again.stdin.flush()
        place.wait_logged(container, "got again")
        kill(again)
        place.remove(container)

    @cases.case(f"a container that ends or is killed ends its execs and lets attached clients go, {transport}")
    def _(place):
        for how in (("stop", "-t", "0"), None):
            container = place.container("while :; do echo tick; sleep 0.1; done & read x; exit 5", stdin=True)
            clients = [
                start(place.stream(transport, "exec", "-i", container, "sh", "-c", BUSY), stdin=subprocess.PIPE),
                start(place.stream(transport, "attach", container)),
            ]
            until("they run", lambda: len(place.processes_of(container)) >= 6)
            expect(clients[1].stdout.readline() == b"tick\n", "it should be attached")
            if how:
                place.crictl(*how, container)
            else:
                finish(start(place.stream(transport, "attach", "-i", container), stdin=line_of(b"end\n")))
            codes = [finish(client)[2] for client in clients]
            expect(codes[1] == 0, codes)
            expect(codes[0] != 0, codes)
            place.wait_exited(container)
            until("no process and no group is left", lambda: not place.groups_of(container))
            place.remove(container)


def line_of(text):
    reader = subprocess.Popen(["printf", "%s", text.decode()], stdout=subprocess.PIPE)
    return reader.stdout


def write_some(client):
    """What it takes at once; some read no input, and none is waited for."""
    os.set_blocking(client.stdin.fileno(), False)
    os.write(client.stdin.fileno(), b"x\n" * 10_000)


def kill_at_once(client):
    client.send_signal(signal.SIGKILL)
    for stream in (client.stdin, client.stdout, client.stderr):
        if stream:
            try:
                stream.close()
            except BrokenPipeError:
                pass
    client.wait()


def settle(place, container):
    return {
        "descriptors": place.descriptors(),
        "groups": place.groups_of(container),
        "files": place.files(),
    }


def expect_settled(place, container, before, files=True):
    until("no process is left", lambda: len(place.processes_of(container)) == 1)
    until("no group is left", lambda: place.groups_of(container) == before["groups"])

    def no_descriptor():
        now = place.descriptors()
        return all(one <= then for one, then in zip(now, before["descriptors"]))

    until("no descriptor is left", no_descriptor, 30)
    if files:
        expect(place.files() == before["files"], set(place.files()) ^ set(before["files"]))
