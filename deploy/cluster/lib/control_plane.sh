# Sourced by deploy/cluster/up: etcd, the API server, the controller manager and the scheduler, all on the loopback
# interface. Needs `dir`, `pki`, `programs` (Kubernetes'), `api` and `services` (addresses).

start_etcd() {
  local tls=("--cert-file=$pki/etcd.crt" "--key-file=$pki/etcd.key" "--trusted-ca-file=$pki/etcd.crt")
  start etcd etcd --name=jobpod --data-dir="$dir/etcd" --logger=zap --log-outputs=stderr \
    --listen-client-urls="https://$api:2379" --advertise-client-urls="https://$api:2379" \
    --listen-peer-urls="https://$api:2380" --initial-advertise-peer-urls="https://$api:2380" \
    --initial-cluster="jobpod=https://$api:2380" \
    --client-cert-auth "${tls[@]}" --peer-client-cert-auth "${tls[@]/#--/--peer-}"
}

# It listens at the address of the service `kubernetes`, so that pods find it without a kube-proxy.
start_api_server() {
  start kube-apiserver "$programs/kube-apiserver" \
    --bind-address="$api" --advertise-address="$api" --secure-port=443 \
    --tls-cert-file="$pki/api.crt" --tls-private-key-file="$pki/api.key" --client-ca-file="$pki/ca.crt" \
    --etcd-servers="https://$api:2379" --etcd-cafile="$pki/etcd.crt" --etcd-certfile="$pki/etcd.crt" \
    --etcd-keyfile="$pki/etcd.key" \
    --service-cluster-ip-range="$services" --service-account-issuer=https://kubernetes.default.svc \
    --service-account-signing-key-file="$pki/service-account.key" \
    --service-account-key-file="$pki/service-account.pub" \
    --kubelet-client-certificate="$pki/kubelet-client.crt" --kubelet-client-key="$pki/kubelet-client.key" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true
}

start_controllers() {
  # One client each, and an API server of their own: nothing is gained by waiting.
  local speed=(--kube-api-qps=200 --kube-api-burst=400)
  start kube-controller-manager "$programs/kube-controller-manager" --kubeconfig="$dir/controllers.conf" \
    --bind-address="$api" --leader-elect=false --use-service-account-credentials=true \
    --service-account-private-key-file="$pki/service-account.key" --root-ca-file="$pki/ca.crt" "${speed[@]}"
  start kube-scheduler "$programs/kube-scheduler" --kubeconfig="$dir/scheduler.conf" \
    --bind-address="$api" --leader-elect=false "${speed[@]}"
}
