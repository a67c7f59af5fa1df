"""Static pods as a node's operator writes them."""

import itertools

from jobpod import image

_ports = itertools.count(21000)


def next_port():
    """Pods have the host's network: each port is given out once."""
    return next(_ports)


def host_process(name, *containers, **spec):
    """A node agent: privileged, in the host's network, as HostProcess pods are on Linux."""
    return _pod(
        name,
        [
            {**one, "securityContext": {"privileged": True, **one.get("securityContext", {})}}
            for one in containers
        ],
        {"hostNetwork": True, **_privileged_init(spec)},
    )


def _privileged_init(spec):
    if "initContainers" not in spec:
        return spec
    return {
        **spec,
        "initContainers": [
            {**one, "securityContext": {"privileged": True}} for one in spec["initContainers"]
        ],
    }


def ordinary(name, *containers, **spec):
    """A pod that knows nothing of hosts; jobpodd lets it in because it admits all."""
    return _pod(name, list(containers), spec)


def _pod(name, containers, spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "terminationGracePeriodSeconds": 2,
            "automountServiceAccountToken": False,
            **spec,
            "containers": containers,
        },
    }


def web(port, directory="/tmp", name="main", **container):
    """A web server that stops when it is told to."""
    return script(f"exec busybox httpd -f -p {port} -h {directory}", name, **container)


def script(text, name="main", **container):
    """A container that runs a shell script with the image's own busybox."""
    return {
        "name": name,
        "image": image("busybox"),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", text],
        **container,
    }


FOR_EVER = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"


def sleeper(name="main", **container):
    return script(FOR_EVER, name, **container)
