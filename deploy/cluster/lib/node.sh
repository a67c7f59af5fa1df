# Sourced by deploy/cluster/up: jobpodd and the kubelet. Needs `dir`, `pki`, `top`, `bin` (Jobpod's programs),
# `programs` (Kubernetes'), `group` (its cgroup), `admit` (whom jobpodd lets in) and `node`, `node_address`.

write_jobpod_configuration() {
  cat > "$dir/jobpod.toml" <<TEXT
version = 1
root = "$dir/jobpod"
state = "$dir/state"
[grpc]
address = "unix://$dir/jobpod.sock"
[http]
address = "off"
[pods]
admit = "$admit"
[image]
registry_config = "$dir/registry.d"
TEXT
}

start_jobpod() {
  start jobpodd "$bin/jobpodd" --config "$dir/jobpod.toml"
  wait_for jobpodd 30 "$bin/jobpod" --address "unix://$dir/jobpod.sock" ps
}

# What the example leaves to the cluster; files that are added here count too.
write_kubelet_configuration() {
  mkdir -p "$dir/kubelet.d"
  cat > "$dir/kubelet.d/10-cluster.conf" <<TEXT
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$dir/jobpod.sock
address: $node_address
healthzBindAddress: $node_address
tlsCertFile: $pki/node.crt
tlsPrivateKeyFile: $pki/node.key
authentication: {x509: {clientCAFile: $pki/ca.crt}}
cgroupRoot: /$group
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
podLogsDir: $dir/pod-logs
volumePluginDir: $dir/kubelet/volume-plugins
kubeAPIQPS: 200
kubeAPIBurst: 400
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%}
TEXT
}

start_kubelet() {
  start kubelet "$programs/kubelet" --config="$top/deploy/kubernetes/kubelet-linux.yaml" \
    --config-dir="$dir/kubelet.d" --kubeconfig="$dir/kubelet.conf" --root-dir="$dir/kubelet" \
    --cert-dir="$dir/kubelet/pki" --hostname-override="$node" --node-ip="$node_address" \
    --node-labels=jobpod.io/host-process=true
}
