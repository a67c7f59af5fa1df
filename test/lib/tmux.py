"""A real terminal for programs under test: tmux, with a server of the suite's own."""

import contextlib
import shlex
import subprocess

from program import run
from wait import until


class Tmux:
    def __init__(self, socket):
        self._socket = socket
        self._count = 0

    def _do(self, *arguments):
        return run("tmux", "-S", self._socket, "-f", "/dev/null", *arguments)

    def end(self):
        subprocess.run(
            ["tmux", "-S", self._socket, "kill-server"], check=False, stderr=subprocess.DEVNULL
        )

    @contextlib.contextmanager
    def window(self, columns=100, lines=30):
        """A window with a shell in it, which says `$ ` when it is ready."""
        self._count += 1
        name = f"window-{self._count}"
        shell = "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm PS1='$ ' sh"
        self._do("new-session", "-d", "-s", name, "-x", str(columns), "-y", str(lines), shell)
        try:
            window = Window(self._do, name)
            window.wait_for("$ ")
            yield window
        finally:
            self._do("kill-session", "-t", name)


class Window:
    def __init__(self, do, name):
        self._do, self._name = do, name

    def type(self, text):
        """Types a line."""
        self._do("send-keys", "-t", self._name, "-l", text)
        self.press("Enter")

    def press(self, *keys):
        """Keys by tmux's names: C-c, Enter."""
        self._do("send-keys", "-t", self._name, *keys)

    def run(self, command, end=""):
        self.type(shlex.join(command) + end)

    def resize(self, columns, lines):
        self._do("resize-window", "-t", self._name, "-x", str(columns), "-y", str(lines))

    def text(self):
        """All of it, lines that were wrapped joined."""
        return self._do("capture-pane", "-p", "-J", "-S", "-", "-t", self._name)

    def wait_for(self, text, seconds=30):
        """Until a line is `text`, or begins with it when it ends with a blank or a line goes on behind it."""

        def shown():
            seen = self.text()
            return any(line.rstrip() == text.rstrip() or line.startswith(text) for line in seen.splitlines())

        try:
            until(f"the terminal shows {text!r}", shown, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.text()}") from None
