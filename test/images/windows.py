"""windows.py LAYOUT BUSYBOX: an OCI layout with one Windows-style image, tag "windows": a base layer, a layer of files
with a junction and a stream, and one with whiteouts. Its program is a Linux one, so that it can run as a HostProcess
container here."""
import sys

sys.dont_write_bytecode = True

from oci_layout import Layout  # noqa: E402
from windows_layer import add, base, layer  # noqa: E402


def files(tar, busybox):
    with open(busybox, "rb") as program:
        add(tar, "Files/bin/busybox", program.read())
    add(tar, "Files/bin/busybox:Zone.Identifier", b"[ZoneTransfer]")
    add(tar, "Files/app/hello.txt", b"hello from a Windows layer\n")
    mount_point = {"MSWINDOWS.mountpoint": "1"}
    add(tar, "Files/Documents and Settings", link="\\??\\C:\\Users", attributes="1046", **mount_point)
    add(tar, "Files/app/up", link="..\\..\\..\\..\\app")


def white_out(tar):
    add(tar, "Files/.wh.old.txt", b"")


def main(path, busybox):
    layout = Layout(path)
    tars = [layer(base), layer(lambda tar: files(tar, busybox)), layer(white_out)]
    config = {"Cmd": ["busybox", "cat", "hello.txt"], "User": "ContainerUser"}
    layout.add("windows", layout.manifest(tars, config, architecture="amd64", os="windows",
                                          **{"os.version": "10.0.17763.1879"}))
    layout.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
