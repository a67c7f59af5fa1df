"""kubectl on a terminal, as a person uses it."""

import time

from commands import agent
from host import processes
from pods import script, sleeper
from wait import until


def add(cases):
    @cases.case("exec -it: a terminal with its size, its signals and the program's exit code")
    def _(cluster):
        name = cluster.apply(agent("terminal", sleeper()))
        cluster.wait_ready(name)
        with cluster.tmux.window(101, 33) as window:
            window.run(cluster.kubectl_command("exec", "-it", name, "--", "sh"), '; echo "left $?"')
            window.wait_for("# ")
            window.type("tty; busybox stty size")
            window.wait_for("/dev/pts/")
            window.wait_for("33 101")
            window.resize(77, 20)
            # The new size arrives some time later.
            until("the size changes", lambda: _asks(window, "busybox stty size", "20 77"))
            window.type("sleep 4711")
            until("it sleeps", lambda: processes("sleep\0" "4711"))
            window.press("C-c")
            until("the prompt is back", lambda: window.text().rstrip().endswith("\n#"))
            window.type("echo interrupted $?")
            window.wait_for("interrupted 130")
            window.type("exit 7")
            window.wait_for("left 7")
        cluster.delete("pod", name)

    @cases.case("attach -it: the container's terminal outlives its client")
    def _(cluster):
        shell = script("exec sh", stdin=True, tty=True, env=[{"name": "PS1", "value": "ready "}])
        name = cluster.apply(agent("attach-terminal", shell))
        cluster.wait_ready(name)
        attach = cluster.kubectl_command("attach", "-it", name)
        with cluster.tmux.window() as window:
            window.run(attach)
            until("the shell answers", lambda: _asks(window, "word=kept; tty", "/dev/pts/"))
        with cluster.tmux.window() as window:
            window.run(attach, '; echo "left $?"')
            until("the shell answers", lambda: _asks(window, "echo still $word", "still kept"))
            window.type("exit 3")
            window.wait_for("left ")
        until("it has ended", lambda: cluster.container(name)["lastState"]["terminated"]["exitCode"] == 3)
        cluster.delete("pod", name)


def _asks(window, question, answer):
    window.type(question)
    time.sleep(0.5)
    return any(line.startswith(answer) for line in window.text().splitlines())
