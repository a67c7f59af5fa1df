#!/usr/bin/env python3
"""images.py DIRECTORY PROBE: the images of the Windows suite as OCI layouts below DIRECTORY, made of the program PROBE.
  good       windows.test/probe:1 and what is the same but for its config
  hostile/…  one layout for each attack, hostile.test/NAME:1: an entry that must be refused, or may do no harm"""
import os
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "images"))
sys.dont_write_bytecode = True

from oci_layout import Layout  # noqa: E402
from windows_layer import add, base, layer  # noqa: E402

WINDOWS = {"architecture": "amd64", "os": "windows"}
DEEP = "/".join(["a-directory-with-a-long-name"] * 12)  # beyond 260 characters
BATCH = {
    "hello.cmd": "@echo hello from a batch file\r\n",
    "args.cmd": "@\"%~dp0..\\probe.exe\" args %*\r\n",
    "code.cmd": "@exit /b %1\r\n",
}


def files(tar, probe):
    add(tar, "Files/probe.exe", probe)
    for name in ("bin/uname.exe", "bin/probe-too.exe", "powershell.exe", "Program Files/Some Tool/tool.exe", "odd name.exe"):
        add(tar, "Files/" + name, hard_link="Files/probe.exe")
    for name, text in BATCH.items():
        add(tar, "Files/bin/" + name, text.encode())
    add(tar, "Files/app/hello.txt", b"hello from the image\n")
    add(tar, "Files/app/read-only.txt", b"read-only", attributes="33")
    add(tar, "Files/app/hello.txt:Zone.Identifier", b"[ZoneTransfer]")
    add(tar, "Files/Größe/файл.txt", "ünï\n".encode())
    add(tar, f"Files/{DEEP}/deep.txt", b"deep\n")
    add(tar, "Files/data.bin", bytes(3 << 20))


def white_out(tar):
    add(tar, "Files/.wh.old.txt", b"")
    add(tar, "Files/App/Second.txt", b"second layer, other case\n")


CONFIGS = {
    "probe": {"Cmd": ["probe.exe", "out", "the image's own command"],
              "Env": ["COLOUR=green", "PLACE=%CONTAINER_SANDBOX_MOUNT_POINT%\\app", "EMPTY=",
                      "Path=C:\\from-the-image;%CONTAINER_SANDBOX_MOUNT_POINT%\\bin"]},
    "entrypoint": {"Entrypoint": ["probe.exe", "args"], "Cmd": ["one", "two words"], "WorkingDir": "C:\\app"},
    "escaped": {"Entrypoint": ["probe.exe args \"two words\" c\\\"d"], "Cmd": ["more words"], "ArgsEscaped": True},
    "user": {"Cmd": ["probe.exe", "account"], "User": "no-such-user"},
    "bare": {},
}


def good(path, probe):
    layout = Layout(path)
    tars = [layer(base), layer(lambda tar: files(tar, probe)), layer(white_out)]
    for name, config in CONFIGS.items():
        layout.add(f"windows.test/{name}:1", layout.manifest(tars, config, **WINDOWS))
    # Only for a system older than any, and beside it one for Linux.
    old = layout.manifest(tars, CONFIGS["probe"], **WINDOWS, **{"os.version": "10.0.14393.1"})
    linux = layout.manifest([layer(lambda tar: add(tar, "etc/hostname", b"linux\n"))], {}, architecture="amd64", os="linux")
    layout.add("windows.test/old:1", layout.index([linux, old]))
    layout.close()


def entries(*names, **more):
    def fill(tar):
        for name in names:
            add(tar, name, b"content", **more)
    return fill


def link_out(tar):
    add(tar, "Files/out", link="\\??\\C:\\jobpod-outside", attributes="1046", **{"MSWINDOWS.mountpoint": "1"})
    add(tar, "Files/out/escaped.txt", b"escaped")


def links(tar):
    add(tar, "Files/up", link="..\\..\\..\\..\\jobpod-outside")
    add(tar, "Files/absolute", link="C:\\jobpod-outside")
    add(tar, "Files/device", link="\\\\.\\C:")


ATTACKS = {
    "device-name": entries("Files/CON"),
    "device-with-extension": entries("Files/dir/nul.txt"),
    "trailing-dot": entries("Files/dir./file"),
    "trailing-space": entries("Files/file "),
    "forbidden-letter": entries("Files/what?.txt"),
    "backslash": entries("Files/..\\..\\jobpod-outside\\escaped.txt"),
    "contained-drive": entries("Files/C:\\jobpod-outside\\escaped.txt"),
    "dot-dot": entries("Files/../../../jobpod-outside/escaped.txt"),
    "colliding-case": entries("Files/Readme.txt", "Files/README.txt"),
    "through-a-link": link_out,
    "hard-link-outside": lambda tar: add(tar, "Files/hard", hard_link="Files/../../../jobpod-outside/there.txt"),
    "long-path": entries("Files/" + "/".join(["x" * 200] * 170)),
    "no-files": entries("app/hello.txt"),
    "contained-links": links,
    "contained-stream": entries("Files/app.txt", "Files/app.txt:hidden"),
}


def hostile(directory):
    for name, fill in {**ATTACKS, "not-utf-8": entries("Files/\udcff.txt")}.items():
        options = {}
        if name == "not-utf-8":  # PAX records are UTF-8; the old header holds any bytes
            options = {"format": tarfile.GNU_FORMAT, "encoding": "utf-8", "errors": "surrogateescape"}
        layout = Layout(os.path.join(directory, name))
        config = {"Cmd": ["probe.exe"]}
        layout.add(f"hostile.test/{name}:1", layout.manifest([layer(base), layer(fill, **options)], config, **WINDOWS))
        layout.close()


def main(directory, probe):
    with open(probe, "rb") as program:
        good(os.path.join(directory, "good"), program.read())
    hostile(os.path.join(directory, "hostile"))


if __name__ == "__main__":
    main(*sys.argv[1:])
