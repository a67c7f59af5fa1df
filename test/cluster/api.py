"""What the suite asks the API server, with kubectl or without."""

import json
import ssl
import urllib.request

from program import run
from wait import NotYet, until

API, NODE = "https://10.254.0.1", "jobpod-node"


class Api:
    def __init__(self, kubectl, directory):
        self.kubectl_program = kubectl
        self.dir = directory

    def connect(self):
        self._tls = ssl.create_default_context(cafile=f"{self.dir}/pki/ca.crt")
        self._tls.load_cert_chain(f"{self.dir}/pki/admin.crt", f"{self.dir}/pki/admin.key")

    # kubectl, as people type it.

    def kubectl_command(self, *arguments):
        options = [f"--kubeconfig={self.dir}/admin.conf", f"--cache-dir={self.dir}/kubectl-cache"]
        return [self.kubectl_program, *options, *arguments]

    def kubectl(self, *arguments, text=None, seconds=120):
        return run(*self.kubectl_command(*arguments), text=text, seconds=seconds)

    def apply(self, *manifests):
        self.kubectl("apply", "-f", "-", text="\n---\n".join(json.dumps(one) for one in manifests))
        return manifests[0]["metadata"]["name"]

    def delete(self, kind, name, *options):
        self.kubectl("delete", kind, name, "--wait=true", "--timeout=90s", *options)

    def clear(self):
        """Takes away what failed cases have left, so that the next are not about it."""
        self.kubectl("delete", "deployments,daemonsets,jobs,pods", "--all", "--timeout=90s", "--grace-period=1")
        until("no pod is left", lambda: not self.pods())

    # The API server, asked often: much less work than a kubectl each time.

    def raw(self, path, seconds=30):
        with urllib.request.urlopen(f"{API}{path}", timeout=seconds, context=self._tls) as answer:
            return answer.read().decode()

    def get(self, path, namespace="default"):
        """Of the core group: "pods/NAME", "pods?labelSelector=…"."""
        return json.loads(self.raw(f"/api/v1/namespaces/{namespace}/{path}"))

    def node(self):
        return json.loads(self.raw(f"/api/v1/nodes/{NODE}"))

    def kubelet(self, path):
        """What the kubelet answers, through the API server."""
        return self.raw(f"/api/v1/nodes/{NODE}/proxy{path}")

    def pods(self, label="", namespace="default"):
        return self.get(f"pods?labelSelector={label}", namespace)["items"]

    def deployment(self, name):
        return json.loads(self.raw(f"/apis/apps/v1/namespaces/default/deployments/{name}"))["status"]

    def status(self, pod, namespace="default"):
        return self.get(f"pods/{pod}", namespace)["status"]

    def container(self, pod, name="main"):
        for one in self.status(pod).get("containerStatuses", []):
            if one["name"] == name:
                return one
        raise NotYet(f"pod {pod} has no status of container {name} yet")

    def wait_ready(self, pod, namespace="default", seconds=90):
        def is_ready():
            status = self.status(pod, namespace)
            if not ready(status):
                raise NotYet(json.dumps(status))
            return True

        until(f"pod {pod} is Ready", is_ready, seconds)

    def pod_of(self, label, namespace="default"):
        """The name of the one pod with the label, once it is there."""
        return until(f"a pod {label}", lambda: self.pods(label, namespace)[0]["metadata"]["name"])

    def logs(self, pod, container="main"):
        """For conditions: that there is none yet is a reason to ask again."""
        return self.raw(f"/api/v1/namespaces/default/pods/{pod}/log?container={container}")

    def events(self, name, namespace="default"):
        items = self.get(f"events?fieldSelector=involvedObject.name={name}", namespace)["items"]
        return [f'{one["reason"]}: {one["message"]}' for one in items]


def ready(status):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
