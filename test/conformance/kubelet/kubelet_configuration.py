"""The configuration of the kubelet under test: stand-alone, quick, and with whatever cgroups there are."""

SECURE_PORT, READ_PORT, HEALTH_PORT = 10250, 10255, 10248


def kubelet_configuration(node):
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{node.jobpod.socket}",
        "staticPodPath": node.manifests,
        "address": "127.0.0.1",
        "port": SECURE_PORT,
        "readOnlyPort": READ_PORT,
        "healthzPort": HEALTH_PORT,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupRoot": f"/{node.cgroups.name}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "evictionHard": {"memory.available": "1Mi"},
        "imageMinimumGCAge": "1s",
        "fileCheckFrequency": "1s",
        "syncFrequency": "5s",
        "containerLogMaxSize": "64Ki",
        "containerLogMaxFiles": 3,
        "containerLogMonitorInterval": "3s",
        "crashLoopBackOff": {"maxContainerRestartPeriod": "6s"},
        "featureGates": {"KubeletCrashLoopBackOffMax": True},
    }
