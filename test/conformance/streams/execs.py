"""crictl exec, over both transports."""

import filecmp
import hashlib
import os
import random
import subprocess

from cases import expect
from host import processes
from place import TRANSPORTS, do, finish, start
from wait import until

FILES = 10_000


def add(cases):
    for transport in TRANSPORTS:
        add_for(cases, transport)


def add_for(cases, transport):
    @cases.case(f"exec, {transport}: output, errors and the exit code")
    def _(place):
        with place.sleeper() as container:
            output, errors, code = do(
                place.stream(transport, "exec", container, "sh", "-c", "echo out; echo err >&2")
            )
            expect((output, errors, code) == (b"out\n", "err\n", 0), output, errors, code)
            for wanted in (1, 7, 255):
                output, errors, code = do(
                    place.stream(transport, "exec", container, "sh", "-c", f"echo out; exit {wanted}")
                )
                expect(output == b"out\n" and code != 0, output, code)
                expect(f"exit code {wanted}" in errors or f"exit status {wanted}" in errors, errors)
            _, errors, code = do(place.stream(transport, "exec", container, "sh", "-c", "kill -9 $$"))
            expect("137" in errors and code != 0, errors)
            _, errors, code = do(place.stream(transport, "exec", container, "no-such-command"))
            expect("no-such-command" in errors and code != 0, errors)

    @cases.case(f"exec -i, {transport}: 32 MB in and out, unchanged, and the end of input")
    def _(place):
        sent = random.Random(1).randbytes(32 << 20)
        with place.sleeper() as container:
            output, errors, code = do(place.stream(transport, "exec", "-i", container, "cat"), sent)
        expect(code == 0, errors)
        expect(hashlib.sha256(output).digest() == hashlib.sha256(sent).digest(), len(output))

    @cases.case(f"exec -it, {transport}: a shell on a terminal, resized, interrupted, left")
    def _(place):
        with place.sleeper() as container, place.tmux.window(90, 25) as window:
            window.run(place.stream(transport, "exec", "-it", container, "sh"), '; echo "left $?"')
            window.wait_for("# ")
            window.type("stty size; tty >/dev/null && echo on a terminal")
            window.wait_for("25 90")
            window.wait_for("on a terminal")
            window.resize(111, 33)
            window.type("sleep 0.2; stty size")
            window.wait_for("33 111")
            window.type("sleep 4711")
            until("the command runs", lambda: processes("sleep\0" "4711"))
            window.press("C-c")
            window.type("echo; echo still here")
            window.wait_for("still here")
            window.type("echo; exit")
            window.wait_for("left 0")
            window.type("stty -a | grep -q ' echo ' && echo restored")
            window.wait_for("restored")

    @cases.case(f"exec, {transport}: tar of {FILES} files out and in is byte-identical")
    def _(place):
        source, target = f"{place.work}/tree-{transport}", f"{place.work}/copy-{transport}"
        make_tree(source)
        os.makedirs(target)
        with place.sleeper() as container:
            with open(f"{place.work}/out.tar", "wb") as archive:
                client = start(
                    place.stream(transport, "exec", container, "/bin/tar", "cf", "-", "-C", source, "."),
                    stdout=archive,
                )
                _, errors, code = finish(client, 300)
                expect(code == 0, errors)
            local = subprocess.run(["tar", "cf", "-", "-C", source, "."], capture_output=True, check=True)
            with open(f"{place.work}/out.tar", "rb") as archive:
                expect(archive.read() == local.stdout, "the archive differs")
            with open(f"{place.work}/out.tar", "rb") as archive:
                client = start(
                    place.stream(transport, "exec", "-i", container, "/bin/tar", "xf", "-", "-C", target),
                    stdin=archive,
                )
                _, errors, code = finish(client, 300)
                expect(code == 0, errors)
        names = sorted(os.listdir(source))
        expect(names == sorted(os.listdir(target)) and len(names) == FILES, len(names))
        _, different, missing = filecmp.cmpfiles(source, target, names, shallow=False)
        expect(not different and not missing, different[:3], missing[:3])


def make_tree(directory):
    """Files of all sizes from none to some pages."""
    os.makedirs(directory)
    numbers = random.Random(2)
    for number in range(FILES):
        with open(f"{directory}/file-{number}", "wb") as file:
            file.write(numbers.randbytes(numbers.choice([0, 1, 511, 512, 513, 3000, 9000])))
