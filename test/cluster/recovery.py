"""The API server's view of node and pods after the kubelet, the daemon or both were killed, again and again."""

import time

from api import ready
from cases import expect
from cluster import killer
from commands import agent
from pods import script
from wait import until

KILLS, SEED = 20, 20260731
TALKS = "trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.2 & wait $!; done"
PROBE = {"exec": {"command": ["true"]}, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 3}


def add(cases):
    @cases.case(f"after {KILLS} random kills of kubelet and daemon the API server tells the truth")
    def _(cluster):
        chance = killer(SEED)
        stays_, moves = _deployment("stays", 5), _deployment("moves", 3)
        for one in (stays_, moves):
            cluster.apply(one)
            cluster.kubectl("rollout", "status", f'deployment/{one["metadata"]["name"]}', "--timeout=90s")
        before = _identities(cluster, "app=stays")
        for _ in range(KILLS):
            # What comes and goes meanwhile is caught in every state.
            moves = cluster.pods("app=moves")[0]["metadata"]["name"]
            cluster.kubectl("delete", "pod", moves, "--wait=false", "--ignore-not-found")
            time.sleep(chance.uniform(0, 2))
            cluster.kill(*chance.choice([("kubelet",), ("jobpodd",), ("kubelet", "jobpodd")]))
            time.sleep(chance.uniform(0, 1))
            cluster.up()
        end = time.monotonic()
        until("the node is Ready", lambda: ready(cluster.node()["status"]))
        for name in ("stays", "moves"):
            cluster.kubectl("rollout", "status", f"deployment/{name}", "--timeout=120s")
        until("both views are one", lambda: _views_agree(cluster), 120)
        print(f"      right {time.monotonic() - end:.1f} s after the last start", flush=True)
        expect(_identities(cluster, "app=stays") == before, before, _identities(cluster, "app=stays"))
        for pod in cluster.pods("app=stays"):
            # A kubelet that has just started does not know its pods yet.
            lines = until("its log", lambda: cluster.logs(pod["metadata"]["name"])).split("\n")[:-1]
            expect(lines == [f"tick {i + 1}" for i in range(len(lines))], "lines of the log are missing")
        for name in ("stays", "moves"):
            cluster.delete("deployment", name)
        until("nothing runs any more", lambda: not cluster.containers() and not cluster.pods())


def _deployment(name, replicas):
    labels = {"app": name}
    pod = agent(name, script(TALKS, livenessProbe=PROBE, readinessProbe=PROBE))
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {**pod["spec"], "restartPolicy": "Always"}},
        },
    }


def _identities(cluster, label):
    return sorted(
        (one["containerID"], one["restartCount"])
        for pod in cluster.pods(label)
        for one in pod["status"]["containerStatuses"]
    )


def _views_agree(cluster):
    """What the API server calls running is what runs, each pod in one sandbox."""
    told = {
        one["containerID"].removeprefix("jobpod://")
        for pod in cluster.pods()
        for one in pod["status"].get("containerStatuses", [])
        if "running" in one["state"]
    }
    runs = {one["id"] for one in cluster.containers()}
    pods = sorted(pod["metadata"]["uid"] for pod in cluster.pods())
    sandboxes = sorted(
        one["metadata"]["uid"] for one in cluster.sandboxes() if one["state"] == "SANDBOX_READY"
    )
    return told == runs and pods == sandboxes
