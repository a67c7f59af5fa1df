"""exec, attach and port-forward through the kubelet, by the client library that kubectl is made of. Over SPDY the
kubelet hands the client's connection on; a client's WebSocket it translates into SPDY to the runtime."""

import contextlib
import hashlib
import random
import re
import subprocess
import urllib.parse
import urllib.request

from cases import expect
from kubelet_configuration import SECURE_PORT
from node import NODE_NAME
from pods import host_process, next_port, script, sleeper, web
from wait import until

TRANSPORTS = {"SPDY": [], "WebSocket": ["-websocket"]}


def add(cases):
    for name, options in TRANSPORTS.items():
        add_for(cases, name, options)


def add_for(cases, transport, options):
    label = transport.lower()

    @cases.case(f"kubectl exec's way over {transport}: output, exit codes, input, a terminal")
    def _(node):
        pod = node.apply(host_process(f"exec-{label}", sleeper()))
        node.wait_ready(pod)
        output, errors, code = ask(node, options, "exec", pod, command=["sh", "-c", "echo out; echo err >&2; exit 7"])
        expect((output, errors, code) == (b"out\n", b"err\n", 7), output, errors, code)
        sent = random.Random(1).randbytes(8 << 20)
        output, errors, code = ask(node, [*options, "-i"], "exec", pod, sent, command=["cat"])
        expect(code == 0 and hashlib.sha256(output).digest() == hashlib.sha256(sent).digest(), len(output), errors)
        output, errors, code = ask(
            node, [*options, "-i", "-t"], "exec", pod, b"stty size; exit 3\n", command=["sh", "-i"]
        )
        expect(b"24 80" in output and code == 3, output, errors, code)
        output, errors, code = ask(node, options, "exec", pod, command=["no-such-command"])
        expect(code == 125 and b"no-such-command" in errors, errors, code)
        node.delete_and_wait(pod)

    @cases.case(f"kubectl attach's way over {transport}: input and output of the container itself")
    def _(node):
        text = "echo up; while read line; do echo got $line; done; echo bye; exec sleep 100000"
        pod = node.apply(host_process(f"attach-{label}", script(text, stdin=True)))
        node.wait_ready(pod)
        until("it is up", lambda: "up" in node.logs(pod, "main"))
        output, errors, code = ask(node, [*options, "-i"], "attach", pod, b"one\n")
        expect((output, code) == (b"got one\n", 0), output, errors, code)
        output, errors, code = ask(node, [*options, "-i"], "attach", pod, b"two\n")
        expect((output, code) == (b"got two\n", 0), output, errors, code)
        expect("got one\ngot two\n" in node.logs(pod, "main"), node.logs(pod, "main"))
        node.delete_and_wait(pod)

    @cases.case(f"kubectl port-forward's way over {transport}")
    def _(node):
        port = next_port()
        pod = node.apply(host_process(f"forward-{label}", web(port, "/hpc/etc")))
        node.wait_ready(pod)
        with forwarded(node, options, pod, port) as local:
            for _ in range(20):
                with urllib.request.urlopen(f"http://127.0.0.1:{local}/jobpod-image", timeout=20) as answer:
                    expect(answer.read() == b"from the image\n", "another page")
        node.delete_and_wait(pod)


def ask(node, options, what, pod, sent=b"", command=()):
    """What kubelet-client printed, and its code."""
    terminal = "-t" in options
    asked = [("command", word) for word in command]
    asked += [("input", "1")] * ("-i" in options) + [("output", "1")]
    asked += [("tty", "1")] if terminal else [("error", "1")]
    place = f"https://127.0.0.1:{SECURE_PORT}/{what}/default/{pod}-{NODE_NAME}/main?{urllib.parse.urlencode(asked)}"
    done = subprocess.run(
        [node.kubelet_client, *options, place], input=sent, capture_output=True, timeout=120, check=False
    )
    return done.stdout, done.stderr, done.returncode


@contextlib.contextmanager
def forwarded(node, options, pod, port):
    place = f"https://127.0.0.1:{SECURE_PORT}/portForward/default/{pod}-{NODE_NAME}"
    log = f"{node.work}/forward-{pod}"
    with open(log, "wb") as told:
        client = subprocess.Popen(
            [node.kubelet_client, *options, "-port", str(port), place],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
        )
    try:
        with open(log, encoding="utf-8") as told:
            found = until("it listens", lambda: re.search(r"127.0.0.1:(\d+) ->", reread(told)))
        yield int(found.group(1))
    finally:
        client.kill()
        client.wait()


def reread(file):
    file.seek(0)
    return file.read()
