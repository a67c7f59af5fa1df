"""kubectl's commands that reach into a container; those on a terminal are in terminals.py."""

import hashlib
import os
import re
import subprocess
import urllib.request

from cases import expect
from pods import host_process, next_port, script, sleeper, web
from wait import until

CLASS = {"runtimeClassName": "hostprocess"}


def agent(name, *containers, **spec):
    """A HostProcess pod, chosen by its runtime class."""
    return host_process(name, *containers, **{**CLASS, **spec})


def add(cases):
    @cases.case("logs -f shows lines as they are written, and ends with the container")
    def _(cluster):
        mark = f"{cluster.work}/follow"
        text = f"echo one; until [ -e {mark} ]; do sleep 0.1; done; echo two; echo bad >&2; exit 0"
        name = cluster.apply(agent("follow", script(text), restartPolicy="Never"))
        cluster.wait_ready(name)
        follow = _start(cluster, "logs", "-f", name)
        expect(follow.stdout.readline() == "one\n", "the first line")
        open(mark, "w", encoding="utf-8").close()
        out, err = follow.communicate(timeout=60)
        expect(sorted(out.split()) == ["bad", "two"] and follow.returncode == 0, out, err)
        expect(cluster.kubectl("logs", name, "--tail=2", "--timestamps").startswith("20"), "time stamps")
        cluster.delete("pod", name)

    @cases.case("exec: both streams, input to its end, binary data, exit codes")
    def _(cluster):
        name = cluster.apply(agent("exec", sleeper()))
        cluster.wait_ready(name)
        run = lambda *command, **options: subprocess.run(
            cluster.kubectl_command("exec", "-i", name, "--", *command),
            capture_output=True, timeout=60, check=False, **options,
        )
        done = run("sh", "-c", "echo out; echo err >&2; exit 42", input=b"")
        expect((done.stdout, done.returncode) == (b"out\n", 42), done)
        expect(done.stderr.startswith(b"err\n") and b"exit code 42" in done.stderr, done)
        data = os.urandom(3 << 20)
        expect(run("cat", input=data).stdout == data, "3 MiB through cat")
        done = run("no-such-program", input=b"")
        expect(done.returncode != 0 and b"no-such-program" in done.stderr, done)
        cluster.delete("pod", name)

    @cases.case("cp copies files and directories in both directions")
    def _(cluster):
        name = cluster.apply(agent("copy", sleeper()))
        cluster.wait_ready(name)
        source, back = f"{cluster.work}/copy-source", f"{cluster.work}/copy-back"
        os.makedirs(f"{source}/below")
        with open(f"{source}/large", "wb") as file:
            file.write(os.urandom(5 << 20))
        with open(f"{source}/below/small", "w", encoding="utf-8") as file:
            file.write("small\n")
        cluster.kubectl("cp", source, f"{name}:/hpc/tmp/copied")
        cluster.kubectl("cp", f"{name}:/hpc/tmp/copied", back)
        expect(_hash(f"{back}/large") == _hash(f"{source}/large"), "the large file is another")
        expect(open(f"{back}/below/small", encoding="utf-8").read() == "small\n", "the small file is another")
        cluster.delete("pod", name)

    @cases.case("attach: what the container writes from now on, and its input")
    def _(cluster):
        text = "echo ready; while read line; do echo got $line; [ $line != end ] || exit 5; done"
        pod = agent("attach", script(text, stdin=True), restartPolicy="Never")
        name = cluster.apply(pod)
        cluster.wait_ready(name)
        done = subprocess.run(
            cluster.kubectl_command("attach", "-i", name), input="hello\nend\n", capture_output=True, text=True,
            timeout=60, check=False,
        )
        expect("got hello\ngot end\n" in done.stdout, done)
        until("it has ended", lambda: "terminated" in cluster.container(name)["state"])
        expect(cluster.container(name)["state"]["terminated"]["exitCode"] == 5, cluster.container(name))
        expect(cluster.kubectl("logs", name) == "ready\ngot hello\ngot end\n", cluster.kubectl("logs", name))
        cluster.delete("pod", name)

    @cases.case("port-forward reaches a server on the node's loopback address")
    def _(cluster):
        port, directory = next_port(), f"{cluster.work}/www"
        os.makedirs(directory)
        page = os.urandom(1 << 20)
        with open(f"{directory}/page", "wb") as file:
            file.write(page)
        name = cluster.apply(agent("forward", web(port, directory)))
        cluster.wait_ready(name)
        forward = _start(cluster, "port-forward", f"pod/{name}", f":{port}")
        try:
            local = re.search(r"127\.0\.0\.1:(\d+) ->", forward.stdout.readline()).group(1)
            for _ in range(5):
                with urllib.request.urlopen(f"http://127.0.0.1:{local}/page", timeout=30) as answer:
                    expect(answer.read() == page, "another page")
        finally:
            forward.terminate()
            forward.communicate(timeout=30)
        cluster.delete("pod", name)

    @cases.case("run --rm -i: a pod for one command")
    def _(cluster):
        override = (
            '{"spec": {"hostNetwork": true, "runtimeClassName": "hostprocess", "containers": [{"name": "once", '
            '"image": "127.0.0.1:5000/busybox:latest", "stdin": true, "stdinOnce": true, '
            '"securityContext": {"privileged": true}, "command": ["sh", "-c", "read word; echo told $word"]}]}}'
        )
        told = cluster.kubectl(
            "run", "once", "--rm", "-i", "--quiet", "--restart=Never", "--image=127.0.0.1:5000/busybox:latest",
            f"--overrides={override}", text="something\n",
        )
        expect("told something\n" in told, told)

    @cases.case("debug: a container beside the others of a running pod")
    def _(cluster):
        name = cluster.apply(agent("debugged", sleeper()))
        cluster.wait_ready(name)
        cluster.kubectl(
            "debug", name, "--profile=sysadmin", "--image=127.0.0.1:5000/busybox:latest", "--target=main",
            "--container=look", "--", "sh", "-c", "echo here $(cat /hpc/etc/jobpod-image)",
        )
        until("it has spoken", lambda: "here from the image" in cluster.logs(name, "look"))
        cluster.delete("pod", name)


def _start(cluster, *arguments):
    return subprocess.Popen(
        cluster.kubectl_command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )


def _hash(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
