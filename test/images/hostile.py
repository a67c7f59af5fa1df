"""hostile.py DIRECTORY OUTSIDE [NAME…]: OCI layouts, one for each attack, below DIRECTORY. Each tries to
write, link or read at OUTSIDE, or to use up the disk, and must be refused. Those called contained-… are
harmless when every path is resolved inside the image: they may be accepted, and must not touch OUTSIDE."""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile


def entry(name, kind=tarfile.REGTYPE, target="", size=0, **extra):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, target, size, 0o755
    for key, value in extra.items():
        setattr(info, key, value)
    return info


def archive(*entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zeros(count):
    return archive((entry("zeros", size=count), bytes(count)))


def attacks(outside):
    text = b"escaped"
    up = "../" * 40
    link, hard, char = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE
    return {
        "dot-dot": [archive((entry(up + outside[1:], size=7), text))],
        "hard-link-outside": [archive((entry("passwd", hard, up + "etc/passwd"), b""))],
        "hard-link-through-link": [
            archive((entry("out", link, "/etc"), b""), (entry("passwd", hard, "out/../../etc/passwd-none"), b""))],
        "device": [archive((entry("null", char, devmajor=1, devminor=3), b""))],
        "whiteout-dot-dot": [archive((entry("dir/.wh...", size=0), b""))],
        "truncated": [archive((entry("big", size=100000), bytes(100000)))[:5000]],
        "contained-absolute-link": [
            archive((entry("out", link, os.path.dirname(outside)), b"")),
            archive((entry("out/" + os.path.basename(outside), size=7), text))],
        "contained-link-swap": [
            archive((entry("dir", tarfile.DIRTYPE), b""), (entry("dir", link, up + os.path.dirname(outside)[1:]), b""),
                    (entry("dir/" + os.path.basename(outside), size=7), text))],
        "zeros": [zeros(64 << 20)],
    }


def blob(layout, content):
    digest = hashlib.sha256(content).hexdigest()
    path = os.path.join(layout, "blobs", "sha256")
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, digest), "wb") as file:
        file.write(content)
    return {"digest": "sha256:" + digest, "size": len(content)}


def write_layout(layout, name, tars):
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(layout, gzip.compress(tar))}
              for tar in tars]
    diff_ids = ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]
    config = blob(layout, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["true"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode())
    manifest = blob(layout, json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config}, "layers": layers}).encode())
    index = {"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest,
        "annotations": {"org.opencontainers.image.ref.name": f"example.test/{name}:1"}}]}
    with open(os.path.join(layout, "index.json"), "w") as file:
        json.dump(index, file)
    with open(os.path.join(layout, "oci-layout"), "w") as file:
        json.dump({"imageLayoutVersion": "1.0.0"}, file)


def main(directory, outside, *names):
    for name, tars in attacks(outside).items():
        if name in names or (not names and name != "zeros"):
            write_layout(os.path.join(directory, name), name, tars)


main(*sys.argv[1:])
