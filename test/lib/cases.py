"""Cases, run and counted. A case is a function with a name; it fails by raising."""

import concurrent.futures
import os
import sys
import time
import traceback


class Skip(Exception):
    """Ends a case as skipped, with the reason; only for what this host or this build cannot do."""


class Cases:
    """Collects cases with @cases.case("name") and runs them; `only` are parts of names, empty for all."""

    def __init__(self, only=()):
        self.only = only
        self.passed = self.failed = self.skipped = 0
        self._found = []

    def case(self, name):
        def keep(function):
            self._found.append((name, function))
            return function

        return keep

    def run(self, *arguments, at_once=1, on_failure=None):
        """Runs what was collected since the last run, `at_once` cases side by side."""
        found, self._found = self._found, []
        chosen = [
            (name, function)
            for name, function in found
            if not self.only or any(part in name for part in self.only)
        ]
        for passed in self._results(chosen, arguments, at_once):
            if not passed and on_failure:
                on_failure()

    def _results(self, chosen, arguments, at_once):
        if at_once == 1:  # on this thread, which a signal ends at once
            yield from (self._run_one(name, function, arguments) for name, function in chosen)
            return
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            futures = [pool.submit(self._run_one, name, function, arguments) for name, function in chosen]
            try:
                yield from (future.result() for future in futures)
            finally:  # told to end: what has not begun does not
                pool.shutdown(wait=False, cancel_futures=True)

    def _run_one(self, name, function, arguments):
        start = time.monotonic()
        try:
            function(*arguments)
        except Skip as reason:
            self.skipped += 1
            print(f"skip  {name}\n      {reason}", flush=True)
            return True
        except Exception as error:
            self.failed += 1
            lines = "".join(traceback.format_exception(error)).replace("\n", "\n      ")
            print(f"FAIL  {name}\n      {lines}", file=sys.stderr, flush=True)
            return False
        self.passed += 1
        print(f"ok    {name}  ({time.monotonic() - start:.1f} s)", flush=True)
        return True

    def close(self, title):
        """Prints the sum, tells test/run, and returns the exit code."""
        print(f"{title}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        if os.environ.get("JOBPOD_TEST_COUNTS"):
            with open(os.environ["JOBPOD_TEST_COUNTS"], "a", encoding="utf-8") as counts:
                counts.write(f"{self.passed} {self.failed} {self.skipped}\n")
        return 1 if self.failed else 0


def expect(condition, *told):
    """assert with its reason, that -O does not take away."""
    if not condition:
        raise AssertionError(" ".join(str(part) for part in told))
