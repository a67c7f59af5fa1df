"""crictl port-forward, over both transports."""

import concurrent.futures
import contextlib
import hashlib
import itertools
import os
import random
import re
import socket
import threading
import urllib.request

from cases import expect
from place import TRANSPORTS, kill, start
from wait import until

PORTS = itertools.count(22000)


def add(cases):
    for transport in TRANSPORTS:
        add_for(cases, transport)


def add_for(cases, transport):
    @cases.case(f"port-forward, {transport}: 200 requests and 20 MB, many at once, over one connection")
    def _(place):
        port = next(PORTS)
        directory = f"{place.work}/web-{transport}"
        os.makedirs(directory)
        page = random.Random(3).randbytes(20 << 20)
        with open(f"{directory}/small", "wb") as file:
            file.write(b"here\n")
        with open(f"{directory}/large", "wb") as file:
            file.write(page)
        container = place.container(f"exec /hpc/bin/busybox httpd -f -p 127.0.0.1:{port} -h {directory}")
        with forwarded(place, transport, port) as local:
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                small = list(pool.map(lambda _: get(local, "small"), range(200)))
                large = list(pool.map(lambda _: get(local, "large"), range(3)))
            expect(small == [b"here\n"] * 200, len(set(small)))
            wanted = hashlib.sha256(page).digest()
            expect(all(hashlib.sha256(one).digest() == wanted for one in large), [len(one) for one in large])
        place.remove(container)

    @cases.case(f"port-forward, {transport}: to ::1 where 127.0.0.1 has nothing, half-closed both ways")
    def _(place):
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
            answer = threading.Thread(target=answer_after_end, args=(server,))
            answer.start()
            with forwarded(place, transport, server.getsockname()[1]) as local:
                with socket.create_connection(("127.0.0.1", local), 20) as client:
                    client.sendall(b"question")
                    client.shutdown(socket.SHUT_WR)
                    expect(read_all(client) == b"answer to question", "a half-closed connection")
            answer.join()

    @cases.case(f"port-forward, {transport}: a port where nobody listens ends that connection, with a reason")
    def _(place):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        forward = Forward(place, transport, port)
        try:
            with socket.create_connection(("127.0.0.1", forward.local()), 20) as client:
                with contextlib.suppress(ConnectionResetError):
                    expect(read_all(client) == b"", "there is nothing to read")
            until("it says why", lambda: re.search(r"refused|forwarding port", forward.told()))
        finally:
            forward.end()


def get(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=60) as answer:
        return answer.read()


def read_all(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


def answer_after_end(server):
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"answer to " + read_all(connection))


class Forward:
    """crictl port-forward with a local port of its own choice."""

    def __init__(self, place, transport, port):
        self._log = f"{place.work}/forward-{transport}-{port}"
        with open(self._log, "wb") as log:
            command = place.stream(transport, "port-forward", place.pod, f":{port}")
            self.process = start(command, stdout=log, stderr=log)

    def told(self):
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def local(self):
        found = until("it listens", lambda: re.search(r"Forwarding from 127.0.0.1:(\d+)", self.told()))
        return int(found.group(1))

    def end(self):
        kill(self.process)


@contextlib.contextmanager
def forwarded(place, transport, port):
    forward = Forward(place, transport, port)
    try:
        yield forward.local()
    finally:
        forward.end()
