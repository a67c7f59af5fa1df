"""Image garbage collection: a kubelet short of disk deletes what nobody uses, and nothing else."""

from cases import expect
from jobpod import image
from pods import host_process, sleeper
from wait import stays, until

# Always short of disk. Static pods are critical: images and dead containers are all the kubelet may take.
SHORT_OF_DISK = {"evictionHard": {"imagefs.available": "99%"}, "evictionPressureTransitionPeriod": "0s"}


def add(cases):
    @cases.case("image collection takes unused images and leaves those in use")
    def _(node):
        for name in ("used", "unused"):
            node.registry.publish("busybox", name, "--config.label", f"collection={name}")
        node.apply(host_process("uses", {**sleeper(), "image": image("used")}))
        node.wait_ready("uses")
        node.crictl("pull", image("unused"))
        expect(_has(node, "unused"), "the image was not pulled")
        node.restart_kubelet(**SHORT_OF_DISK)
        until("the unused image is gone", lambda: not _has(node, "unused"), 180)
        stays("the running container's image", lambda: _has(node, "used"), True, rounds=10)
        node.crictl("pull", image("unused"))
        until("it is gone again", lambda: not _has(node, "unused"), 180)
        expect(_has(node, "used"), "the image of a running container was deleted")
        node.wait_ready("uses")
        expect(node.container("uses", "main")["restartCount"] == 0, node.status("uses"))
        expect(node.run("uses", "main", "cat", "/hpc/etc/jobpod-image") == "from the image\n")
        node.restart_kubelet()
        node.delete_and_wait("uses")


def _has(node, name):
    every = node.cri("images", "-o", "json")["images"] or []
    return any(image(name) in one["repoTags"] for one in every)
