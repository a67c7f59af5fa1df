"""What a node agent needs: it runs, has its volumes and the node's identity, and can be asked."""

import os
import socket

from cases import expect
from host import NODE_ADDRESS
from jobpod import image
from pods import host_process, ordinary, script, sleeper
from wait import until


def add(cases):
    @cases.case("the kubelet names the runtime and its interface's version")
    def _(node):
        expect(
            node.kubelet.has_logged('"Container runtime initialized" containerRuntime="jobpod" version="'),
            node.kubelet.tail(),
        )

    @cases.case(
        "a HostProcess pod becomes Ready: host's name, network and processes, image's files below /hpc"
    )
    def _(node):
        text = (
            'hostname; cat /hpc/etc/jobpod-image; ls -d "$CONTAINER_SANDBOX_MOUNT_POINT/bin"; '
            f"test -d /proc/{os.getpid()} && echo sees the host; "
        )
        name = node.apply(host_process("agent", script(text + "exec sleep 100000")))
        node.wait_ready(name)
        until("all of its log is there", lambda: len(node.logs(name, "main").splitlines()) >= 4)
        told = node.logs(name, "main")
        expect(
            told.splitlines() == [socket.gethostname(), "from the image", "/hpc/bin", "sees the host"], told
        )
        container = node.container(name, "main")
        expect(container["containerID"].startswith("jobpod://"), container)
        expect(container["imageID"], container)
        node.delete_and_wait(name)

    @cases.case("an ordinary pod becomes Ready with the image as its root")
    def _(node):
        name = node.apply(ordinary("ordinary", script("cat /etc/jobpod-image; ls /hpc; exec sleep 100000")))
        node.wait_ready(name)
        told = until("its log is there", lambda: "hpc" in node.logs(name, "main") and node.logs(name, "main"))
        expect(told.startswith("from the image\n"), told)
        expect("No such file" in told, told)
        node.delete_and_wait(name)

    @cases.case("emptyDir, hostPath and downward API volumes are where the pod asked for them")
    def _(node):
        os.makedirs(node.mark("volumes"))
        with open(node.mark("volumes/given"), "w", encoding="utf-8") as file:
            file.write("from the host\n")
        place = node.place
        places = [
            {"name": "shared", "mountPath": f"{place}/shared"},
            {"name": "memory", "mountPath": f"{place}/memory"},
            {"name": "host", "mountPath": f"{place}/host", "readOnly": True},
            {"name": "about", "mountPath": f"{place}/about"},
        ]
        found = f"{place}/shared/found"
        write = (
            f"cat {place}/host/given {place}/about/labels > {found}; "
            f"touch {place}/host/new && echo written >> {found}; "
            f"stat -f -c %T {place}/memory >> {found}; echo done >> {found}; exec sleep 100000"
        )
        read = (
            f'until grep -q done "$CONTAINER_SANDBOX_MOUNT_POINT{found}"; do sleep 0.1; done; '
            f"cat /hpc{found}; exec sleep 100000"
        )
        pod = host_process(
            "volumes",
            script(write, "writer", volumeMounts=places),
            script(read, "reader", volumeMounts=places),
            volumes=[
                {"name": "shared", "emptyDir": {}},
                {"name": "memory", "emptyDir": {"medium": "Memory"}},
                {"name": "host", "hostPath": {"path": node.mark("volumes"), "type": "Directory"}},
                {
                    "name": "about",
                    "downwardAPI": {
                        "items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
                    },
                },
            ],
        )
        pod["metadata"]["labels"] = {"tier": "agent"}
        name = node.apply(pod)
        told = until(
            "the reader has shown it",
            lambda: "done" in node.logs(name, "reader") and node.logs(name, "reader"),
        )
        expect(told.splitlines()[0] == "from the host", told)
        expect('tier="agent"' in told, told)
        expect("tmpfs" in told and "written" not in told, told)
        node.delete_and_wait(name)
        until("its mount points are gone from the host", lambda: not os.path.exists(place))

    @cases.case("environment: the pod's own fields and the node's address")
    def _(node):
        fields = {"POD": "metadata.name", "SPACE": "metadata.namespace", "HOST": "status.hostIP"}
        variables = [
            {"name": key, "valueFrom": {"fieldRef": {"fieldPath": path}}} for key, path in fields.items()
        ]
        text = 'echo "$POD $SPACE $HOST $JOINED"; exec sleep 100000'
        variables.append({"name": "JOINED", "value": "$(POD)/$(SPACE)"})
        name = node.apply(host_process("environment", script(text, env=variables)))
        told = until("its log is there", lambda: node.logs(name, "main"))
        expect(told == f"environment-node default {NODE_ADDRESS} environment-node/default\n", told)
        node.delete_and_wait(name)

    @cases.case("logs by the kubelet: tail, time stamps, both streams, and those of the container before")
    def _(node):
        count = node.mark("log-rounds")
        text = (
            f"echo x >> {count}; echo round $(wc -l < {count}) >&2; seq 1 5; "
            f"until [ -e {count}.go ]; do sleep 0.1; done"
        )
        name = node.apply(host_process("logs", script(text)))
        until("five lines are there", lambda: node.logs(name, "main").splitlines()[-1] == "5")
        expect("round 1" in node.logs(name, "main"), node.logs(name, "main"))
        expect(node.logs(name, "main", tailLines=2) == "4\n5\n", node.logs(name, "main", tailLines=2))
        expect(node.logs(name, "main", tailLines=1, timestamps="true")[:2] == "20", "no time stamp")
        open(f"{count}.go", "w", encoding="utf-8").close()
        until("the container before is shown", lambda: "round 1" in node.logs(name, "main", previous="true"))
        node.delete_and_wait(name)

    @cases.case("a command by the kubelet runs in the container, and its output and failure are told")
    def _(node):
        name = node.apply(host_process("commands", sleeper()))
        node.wait_ready(name)
        expect(node.run(name, "main", "cat", "/hpc/etc/jobpod-image") == "from the image\n")
        expect(
            "exit" in _failure(lambda: node.run(name, "main", "false")), "a failing command went unnoticed"
        )
        node.delete_and_wait(name)

    @cases.case("an image that is not there holds its pod back until it is")
    def _(node):
        name = node.apply(host_process("late", {**sleeper(), "image": image("late")}))
        until(
            "the pull has failed",
            lambda: node.state(name, "main")[1].get("reason") in ("ErrImagePull", "ImagePullBackOff"),
        )
        node.registry.publish("busybox", "late", "--config.label", "late=1")
        node.wait_ready(name)
        node.delete_and_wait(name)

    @cases.case("a container of a HostProcess pod that is not privileged is refused, and told why")
    def _(node):
        pod = host_process(
            "mixed", sleeper("privileged"), sleeper("plain", securityContext={"privileged": False})
        )
        name = node.apply(pod)
        message = until("the reason is told", lambda: node.state(name, "plain")[1].get("message"))
        expect("must itself have linux.security_context.privileged" in message, message)
        node.delete_and_wait(name)


def _failure(function):
    try:
        return function()
    except OSError as error:
        body = error.read().decode() if hasattr(error, "read") else ""
        return f"{error} {body}"
