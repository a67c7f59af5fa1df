"""A program on a terminal, as a person uses it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from cases import expect


class Terminal:
    def __init__(self, command, rows=24, columns=80):
        self._master, child = pty.openpty()
        self.resize(rows, columns)
        self._process = subprocess.Popen(
            command, stdin=child, stdout=child, stderr=child, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(child)
        self.seen = ""
        self._from = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def resize(self, rows, columns):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self._master, text.encode())

    def shows(self, pattern, seconds=30.0):
        """Whether something like `pattern` comes after what was found before."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen[self._from :])):
            left = end - time.monotonic()
            if left < 0 or not self._read(left):
                return False
        self._from += found.end()
        return True

    def expect(self, pattern):
        expect(self.shows(pattern), f"the terminal does not show {pattern!r}, only {self.seen[self._from:]!r}")

    def wait(self):
        """The exit code, once everything was read."""
        while self._read(30):
            pass
        return self._process.wait(30)

    def _read(self, seconds):
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how a terminal tells its end
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)
