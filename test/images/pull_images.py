#!/usr/bin/env python3
"""pull_images.py DIRECTORY IMAGE...: an OCI layout with images for tests and benchmarks of pulling, layers
not compressed (skopeo does that on the way to a registry). The content is cut from this host's libraries, so that
it compresses like programs do, and is the same at every run on one host.

  small   30,000 files of about 4 KiB in three layers
  big     four files of 100 MiB in one layer
  twenty  twenty layers of 16 MiB in files of 64 KiB
  kill-N  four layers of 8 MiB; those of two N that follow one another have three of them in common"""
import glob
import hashlib
import io
import json
import os
import random
import sys
import tarfile

MIB = 1 << 20


def read_pool(least):
    pool = bytearray()
    for name in sorted(glob.glob("/usr/lib/x86_64-linux-gnu/*.so*") + glob.glob("/usr/bin/*")):
        if os.path.isfile(name) and not os.path.islink(name):
            with open(name, "rb") as file:
                pool += file.read(4 * MIB)
        if len(pool) >= least:
            break
    return bytes(pool)


POOL = read_pool(48 * MIB)


def cut(chance, size):
    out = bytearray()
    while len(out) < size:
        at = chance.randrange(len(POOL))
        out += POOL[at:at + size - len(out)]
    return bytes(out)


def layer(seed, files, size, directories):
    chance = random.Random(seed)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in [seed] + [f"{seed}/d{index}" for index in range(directories)]:
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        for index in range(files):
            content = cut(chance, chance.randint(size // 4, size * 7 // 4) if size < MIB else size)
            info = tarfile.TarInfo(f"{seed}/d{index * directories // files}/f{index}")
            info.size, info.mode, info.mtime = len(content), 0o644, 1_700_000_000
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def layers_of(name):
    if name == "small":
        return [("small-a", 20_000, 4096, 700), ("small-b", 8_000, 4096, 300), ("small-c", 2_000, 4096, 100)]
    if name == "big":
        return [("big", 4, 100 * MIB, 1)]
    if name == "twenty":
        return [(f"twenty-{index}", 256, 65536, 8) for index in range(20)]
    number = int(name.removeprefix("kill-"))
    return [(f"kill-{number + index}", 512, 16384, 16) for index in range(4)]


def put(directory, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{directory}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def main():
    directory, names = sys.argv[1], sys.argv[2:]
    os.makedirs(f"{directory}/blobs/sha256")
    done, manifests = {}, []
    for name in names:
        layers = []
        for spec in layers_of(name):
            if spec not in done:
                done[spec] = put(directory, layer(*spec))
            layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar", **done[spec]})
        config = {"os": "linux", "architecture": "amd64", "config": {"Cmd": [name]},
                  "rootfs": {"type": "layers", "diff_ids": [entry["digest"] for entry in layers]}}
        manifest = {"schemaVersion": 2, "layers": layers, "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json", **put(directory, json.dumps(config).encode())}}
        manifests.append({"mediaType": "application/vnd.oci.image.manifest.v1+json",
                          "annotations": {"org.opencontainers.image.ref.name": name},
                          **put(directory, json.dumps(manifest).encode())})
    with open(f"{directory}/index.json", "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": manifests}, file)
    with open(f"{directory}/oci-layout", "w", encoding="ascii") as file:
        json.dump({"imageLayoutVersion": "1.0.0"}, file)


main()
