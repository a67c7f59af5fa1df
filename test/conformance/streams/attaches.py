"""crictl attach, over both transports."""

import subprocess

from cases import expect
from place import TRANSPORTS, do, finish, kill, start
from wait import until

ONCE = {"stdin": True, "stdin_once": True}
KEPT = {"stdin": True}
TERMINAL = {"stdin": True, "tty": True}
ANSWERER = "echo up; while read line; do echo got $line; done; echo bye; exit 3"


def add(cases):
    for transport in TRANSPORTS:
        add_for(cases, transport)


def add_for(cases, transport):
    @cases.case(f"attach -i, {transport}: input that ends is the end of a stdin_once container's")
    def _(place):
        container = place.container(ANSWERER, **ONCE)
        place.wait_logged(container, "up")
        output, errors, code = do(place.stream(transport, "attach", "-i", container), b"one\ntwo\n")
        # The client it was made for missed nothing.
        expect(output == b"up\ngot one\ngot two\nbye\n" and code == 0, output, errors, code)
        expect(place.wait_exited(container)["exitCode"] == 3, place.status(container))
        expect(place.log(container) == "up\ngot one\ngot two\nbye\n", place.log(container))
        place.remove(container)

    @cases.case(f"attach, {transport}: several clients, output from now on, detached without harm")
    def _(place):
        container = place.container(ANSWERER, **KEPT)
        place.wait_logged(container, "up")
        before = place.descriptors()[1]
        lookers = [start(place.stream(transport, "attach", container)) for _ in range(3)]
        until("all are attached", lambda: place.descriptors()[1] >= before + 3 * 3)
        writer = start(place.stream(transport, "attach", "-i", container), stdin=subprocess.PIPE)
        writer.stdin.write(b"one\n")
        writer.stdin.flush()
        place.wait_logged(container, "got one")
        kill(lookers.pop())
        writer.stdin.write(b"two\n")
        writer.stdin.close()  # lets go of the container, and no more
        writer.stdin = None
        output, errors, code = finish(writer)
        expect(output == b"got one\ngot two\n" and code == 0, output, errors, code)
        expect(place.status(container)["state"] == "CONTAINER_RUNNING", "it should go on")
        do(place.stream(transport, "attach", "-i", container), b"three\n")
        place.wait_logged(container, "got three")
        place.crictl("stop", "-t", "0", container)
        for looker in lookers:
            output, errors, code = finish(looker)
            expect(output == b"got one\ngot two\ngot three\n" and code == 0, output, errors, code)
        place.remove(container)

    @cases.case(f"attach -it, {transport}: the container's own terminal, left and come back to")
    def _(place):
        container = place.container("stty -echo; echo up; exec sh -i", **TERMINAL)
        place.wait_logged(container, "up")
        attach = place.stream(transport, "attach", "-it", container)
        with place.tmux.window(91, 26) as window:
            window.run(attach)
            window.type("")
            # Behind the prompt; what is typed may be there before the size is.
            window.type("while stty size | grep -q '^0'; do sleep 0.1; done; echo; stty size")
            window.wait_for("26 91")
            window.resize(70, 20)
            window.type("sleep 0.2; echo; stty size")
            window.wait_for("20 70")
        expect(place.status(container)["state"] == "CONTAINER_RUNNING", "it should go on")
        with place.tmux.window() as window:
            window.run(attach, '; echo "left $?"')
            window.type("")
            window.type("echo; echo again $((20 + 3))")
            window.wait_for("again 23")
            window.type("echo; exit 4")
            window.wait_for("left 0")
        expect(place.wait_exited(container)["exitCode"] == 4, place.status(container))
        place.remove(container)

    @cases.case(f"attach, {transport}: a client that reads nothing holds neither the container nor its log back")
    def _(place):
        flood = "read x; head -c 20000000 /dev/zero | tr '\\000' x; echo; echo flooded; exec sleep 100000"
        container = place.container(flood, **KEPT)
        stuck = start(place.stream(transport, "attach", container))
        until("it is attached", lambda: place.descriptors()[1] >= 3)
        do(place.stream(transport, "attach", "-i", container), b"go\n")
        place.wait_logged(container, "flooded")
        kill(stuck)
        place.remove(container)
