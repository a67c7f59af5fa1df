# Sourced by deploy/cluster/up: keys, certificates and kubeconfigs, made once. Needs `pki` (their directory) and
# `api` (the API server's address).

# issue NAME SUBJECT EXTENSION…: a key and a certificate for a year.
issue() {
  local name=$1 subject=$2 extension options=()
  shift 2
  [ ! -s "$pki/$name.crt" ] || return 0
  for extension in "$@"; do options+=(-addext "$extension"); done
  [ "$name" = ca ] || [ "$name" = etcd ] || options+=(-CA "$pki/ca.crt" -CAkey "$pki/ca.key")
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "$subject" \
    -keyout "$pki/$name.key" -out "$pki/$name.crt" "${options[@]}" 2> "$pki/openssl.log" ||
    fail "openssl could not make $pki/$name.crt: $(cat "$pki/openssl.log")"
}

server() { issue "$1" "$2" extendedKeyUsage=serverAuth basicConstraints=critical,CA:false "subjectAltName=$3"; }
client() { issue "$1" "$2" extendedKeyUsage=clientAuth basicConstraints=critical,CA:false; }

# etcd trusts this one certificate only, which is its own and the API server's for it.
issue_etcd() {
  issue etcd /CN=etcd basicConstraints=critical,CA:true "subjectAltName=IP:$api" \
    extendedKeyUsage=serverAuth,clientAuth
}

issue_service_account_key() {
  [ ! -s "$pki/service-account.key" ] || return 0
  openssl genrsa -out "$pki/service-account.key" 2048 2> /dev/null
  openssl rsa -in "$pki/service-account.key" -pubout -out "$pki/service-account.pub" 2> /dev/null
}

# kubeconfig NAME FILE: whoever has the file is the client NAME.
kubeconfig() {
  [ ! -s "$2" ] || return 0
  install -m 600 /dev/stdin "$2" <<TEXT
apiVersion: v1
kind: Config
clusters: [{name: jobpod, cluster: {server: "https://$api", certificate-authority-data: $(encoded ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(encoded "$1.crt"), client-key-data: $(encoded "$1.key")}}]
contexts: [{name: jobpod, context: {cluster: jobpod, user: $1}}]
current-context: jobpod
TEXT
}

encoded() { base64 -w 0 "$pki/$1"; }
