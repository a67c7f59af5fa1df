"""jobpod exec, attach and run -it."""

import json
import random
import signal

from cases import expect
from host import processes
from jobpod import image
from place import do, finish, start
from program import run
from wait import until


# Of the container's shell; behind that of the terminal's own when the command was typed ahead of it.
def wait_for_prompt(window):
    until("the shell asks", lambda: window.text().rstrip().endswith("#"))


def add(cases):
    @cases.case("jobpod exec: output, errors, input, exit codes")
    def _(place):
        with place.sleeper() as container:
            sent = random.Random(4).randbytes(8 << 20)
            output, errors, code = do(place.own("exec", "-i", container, "--", "sh", "-c", "cat; echo e >&2; exit 42"), sent)
            expect((output == sent, errors, code) == (True, "e\n", 42), len(output), errors, code)
            _, errors, code = do(place.own("exec", container, "--", "no-such-command"))
            expect(code == 125 and "no-such-command" in errors, errors, code)
            _, errors, code = do(place.own("exec", "-it", container, "--", "sh"))
            expect(code == 125 and "no terminal" in errors, errors, code)
            _, errors, code = do(place.own("exec", "nobody", "--", "sh"))
            expect(code == 125 and "nobody" in errors, errors, code)
            sleeping = start(place.own("exec", container, "--", "sleep", "100000"))
            until("it runs", lambda: len(place.processes_of(container)) == 2)
            sleeping.send_signal(signal.SIGINT)
            expect(finish(sleeping)[2] == 130, sleeping.returncode)
            until("its command has gone along", lambda: len(place.processes_of(container)) == 1)

    @cases.case("jobpod exec -it: raw, resized, the code passed on, the terminal as before")
    def _(place):
        with place.sleeper() as container, place.tmux.window(88, 22) as window:
            window.type("before=$(stty -a)")
            window.run(place.own("exec", "-it", container, "--", "sh"), '; echo "left $?"')
            wait_for_prompt(window)
            window.type("stty size")
            window.wait_for("22 88")
            window.resize(77, 21)
            window.type("sleep 0.2; stty size")
            window.wait_for("21 77")
            window.type("sleep 4712")
            until("the command runs", lambda: processes("sleep\0" "4712"))
            window.press("C-c")
            window.type("echo; exit 5")
            window.wait_for("left 5")
            # A terminal that jobpod is killed on is not left raw.
            window.run(place.own("exec", "-it", container, "--", "sh"), '; echo "told $?"')
            window.type("echo second $((40 + 2))")  # the first shell's prompt is still to be seen
            until("the second shell answers", lambda: "second 42" in window.text())  # perhaps behind its prompt
            run("pkill", "-TERM", "-f", f"^{place.programs}/jobpod --address unix://{place.jobpod.socket} exec -it")
            until("jobpod says so", lambda: "told 130" in window.text())  # perhaps behind the prompt
            window.resize(88, 22)
            window.type('[ "$before" = "$(stty -a)" ] && echo as before')
            window.wait_for("as before")
            until("no command is left", lambda: len(place.processes_of(container)) == 1)

    @cases.case("jobpod run -it: from the first prompt to the exit code; nothing is left")
    def _(place):
        logs = f"{place.work}/run-logs"
        with place.tmux.window(80, 24) as window:
            window.type("before=$(stty -a)")
            window.run(place.own("run", "-it", "--log-dir", logs, image("busybox"), "--", "sh"), '; echo "left $?"')
            wait_for_prompt(window)  # it came before the client did
            window.type("stty size; tty")
            window.wait_for("24 80")
            window.type("echo; exit 6")  # a line that begins anew, whenever the typed one is echoed
            window.wait_for("left 6")
            window.type('[ "$before" = "$(stty -a)" ] && echo as before')
            window.wait_for("as before")
        pods = json.loads(place.crictl("pods", "-o", "json"))["items"]
        expect(len(pods) == 1, pods)

    @cases.case("jobpod run -it: Ctrl-P Ctrl-Q detaches, jobpod attach -it comes back")
    def _(place):
        logs = f"{place.work}/run-logs"
        with place.tmux.window() as window:
            command = ("run", "-it", "--name", "away", "--log-dir", logs, image("busybox"), "--", "sh")
            window.run(place.own(*command), '; echo "left $?"')
            wait_for_prompt(window)
            window.type("stty -echo; echo one")
            window.wait_for("one")
            window.press("C-p", "C-q")
            window.wait_for("left 0")
            window.run(place.own("attach", "-it", "away"), '; echo "then $?"')
            window.type("echo; echo two $((1 + 1))")  # as above
            window.wait_for("two 2")
            window.type("echo; exit 8")
            window.wait_for("then 8")
            expect("NDELAY" not in window.text(), window.text())  # the shell's terminal is as it was
        do(place.own("rm", "-f", "away"))

    @cases.case("jobpod run -i: what is piped in and out is unchanged, however slowly it is read")
    def _(place):
        logs = f"{place.work}/run-logs"
        sent = random.Random(5).randbytes(6 << 20)
        command = place.own("run", "-i", "--log-dir", logs, image("busybox"), "--", "sh", "-c", "cat; exit 9")
        output, errors, code = do(command, sent)
        expect((output == sent, code) == (True, 9), len(output), errors, code)
        output, errors, code = do(place.own("run", "-i", "--log-dir", logs, image("busybox"), "--", "echo", "short"))
        expect((output, code) == (b"short\n", 0), output, errors, code)
