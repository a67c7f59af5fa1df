"""hostile.py DIRECTORY OUTSIDE [NAME…]: OCI layouts, one for each attack, below DIRECTORY. Each tries to
write, link or read at OUTSIDE, or to use up the disk, and must be refused. Those called contained-… are
harmless when every path is resolved inside the image: they may be accepted, and must not touch OUTSIDE."""
import io
import os
import sys
import tarfile

sys.dont_write_bytecode = True

from oci_layout import Layout  # noqa: E402


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


def write_layout(path, name, tars):
    layout = Layout(path)
    layout.add(f"example.test/{name}:1", layout.manifest(tars, {"Cmd": ["true"]}, architecture="amd64", os="linux"))
    layout.close()


def main(directory, outside, *names):
    for name, tars in attacks(outside).items():
        if name in names or (not names and name != "zeros"):
            write_layout(os.path.join(directory, name), name, tars)


main(*sys.argv[1:])
