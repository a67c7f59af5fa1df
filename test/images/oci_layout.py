"""An OCI layout, the directory form of images: blobs by their digest, and an index of names."""
import gzip
import hashlib
import json
import os

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Layout:
    def __init__(self, path):
        self.path = path
        self._manifests = []

    def _blob(self, media_type, content):
        name = digest(content)
        place = os.path.join(self.path, "blobs", *name.split(":"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content)
        return {"mediaType": media_type, "digest": name, "size": len(content)}

    def manifest(self, tars, config, **platform):
        """The descriptor of an image of these layers; `platform` has os, architecture and what else it takes."""
        layers = [self._blob(LAYER, gzip.compress(tar, mtime=0)) for tar in tars]
        described = self._blob(CONFIG, json.dumps({
            **platform, "config": config,
            "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]}}).encode())
        return {**self._blob(MANIFEST, json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": layers}).encode()),
            "platform": platform}

    def index(self, manifests):
        """The descriptor of an index of several."""
        return self._blob(INDEX, json.dumps({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode())

    def add(self, name, descriptor):
        self._manifests.append({**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}})

    def close(self):
        for name, content in (("index.json", {"schemaVersion": 2, "manifests": self._manifests}),
                              ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
            with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
                json.dump(content, file)
