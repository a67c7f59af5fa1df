"""Programs under test, started and ended by their own id."""

import os
import signal
import subprocess

from wait import until


class Program:
    """One process with its log; may be started again after its end."""

    def __init__(self, name, command, log, environment=None):
        self.name, self.command, self.log = name, command, log
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def check_running(self):
        if not self.running():
            code = self.process.returncode if self.process else "never started"
            raise AssertionError(f"{self.name} has ended ({code}); the end of its log:\n{self.tail()}")

    def end(self, how=signal.SIGTERM, seconds=60):
        """Sends `how`, and SIGKILL when that is not heeded."""
        if not self.running():
            return
        self.process.send_signal(how)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            if how != signal.SIGKILL:
                raise AssertionError(f"{self.name} did not end within {seconds} s of {how.name}") from None

    def kill(self):
        self.end(signal.SIGKILL)

    def tail(self, lines=30):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except OSError:
            return ""

    def has_logged(self, text, since=0):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(since)
            return any(text in line for line in log)

    def log_size(self):
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0


def run(*command, text=None, check=True, seconds=120):
    """Runs a command to its end; its standard output."""
    done = subprocess.run(
        command,
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for_port(port, program, seconds=60):
    import socket

    def answers():
        program.check_running()
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True

    until(f"{program.name} answers on port {port}", answers, seconds)
