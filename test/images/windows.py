"""windows.py LAYOUT BUSYBOX: an OCI layout with one Windows-style image, tag "windows", the way BuildKit and
hcsshim write them: a base layer with registry hives and a utility virtual machine, a layer of files with
MSWINDOWS records, a junction and a stream, and one with whiteouts. Its program is a Linux one, so that it can
run as a HostProcess container here."""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile


def add(tar, name, content=None, link=None, mode=0, attributes="32", **records):
    info = tarfile.TarInfo(name)
    info.mode = mode
    info.pax_headers = {"MSWINDOWS.fileattr": attributes, "MSWINDOWS.rawsd": "AQAEgBQAAAA=",
                        "LIBARCHIVE.creationtime": "1700000000.25", **records}
    if link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, link
    elif content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(content)
    tar.addfile(info, io.BytesIO(content or b""))


def layer(fill):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        fill(tar)
    return out.getvalue()


def base(tar):
    add(tar, "Files", attributes="16")
    add(tar, "Files/License.txt", b"free")
    add(tar, "Files/old.txt", b"old")
    add(tar, "Files/Users", attributes="16")
    add(tar, "Files/Users/Default", attributes="16")
    add(tar, "Hives", attributes="16")
    for hive in ("Default", "Sam", "Security", "Software", "System"):
        add(tar, f"Hives/{hive}_Delta", b"regf" + bytes(4092))
    add(tar, "UtilityVM/Files/EFI/boot.efi", bytes(4096))


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


def blob(layout, content):
    digest = hashlib.sha256(content).hexdigest()
    path = os.path.join(layout, "blobs", "sha256")
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, digest), "wb") as file:
        file.write(content)
    return {"digest": "sha256:" + digest, "size": len(content)}


def main(layout, busybox):
    tars = [layer(base), layer(lambda tar: files(tar, busybox)), layer(white_out)]
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(layout, gzip.compress(tar))}
              for tar in tars]
    config = blob(layout, json.dumps({
        "architecture": "amd64", "os": "windows", "os.version": "10.0.17763.1879",
        "config": {"Cmd": ["busybox", "cat", "hello.txt"], "User": "ContainerUser"},
        "rootfs": {"type": "layers",
                   "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]}}).encode())
    manifest = blob(layout, json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config}, "layers": layers}).encode())
    index = {"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest,
        "platform": {"os": "windows", "architecture": "amd64", "os.version": "10.0.17763.1879"},
        "annotations": {"org.opencontainers.image.ref.name": "windows"}}]}
    with open(os.path.join(layout, "index.json"), "w") as file:
        json.dump(index, file)
    with open(os.path.join(layout, "oci-layout"), "w") as file:
        json.dump({"imageLayoutVersion": "1.0.0"}, file)


main(*sys.argv[1:])
