# Sourced by deploy/cluster/up and down: where a cluster lies and what its addresses are.
. "$top/deploy/lib/setup.sh"

dir=/var/lib/jobpod-cluster
bin=
admit=host-process
api=10.254.0.1            # of the service `kubernetes` and of the control plane
services=10.254.0.0/24
node_address=10.254.1.1   # a node's address must not be of the net 127
node=jobpod-node
addresses=("$api" "$node_address")

usage() {
  echo "usage: deploy/cluster/up [--dir DIRECTORY] [--bin DIRECTORY] [--admit WHOM]" >&2
  echo "       deploy/cluster/down [--dir DIRECTORY] [--bin DIRECTORY]" >&2
  echo "  --dir    where the cluster keeps everything (/var/lib/jobpod-cluster)" >&2
  echo "  --bin    directory of jobpodd and jobpod; without it they are built" >&2
  echo "  --admit  pods.admit of a jobpodd that is started: host-process (the default), host-network, all" >&2
  exit 2
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dir) [ $# -gt 1 ] || usage; dir=$2; shift 2 ;;
      --bin) [ $# -gt 1 ] || usage; bin=$(cd "$2" && pwd) || exit 2; shift 2 ;;
      --admit) [ "$(basename "$0")" = up ] && [ $# -gt 1 ] || usage; admit=$2; shift 2 ;;
      *) usage ;;
    esac
  done
  case $dir in
    / | *[!A-Za-z0-9/._-]*) fail "--dir $dir: use a directory of its own, in letters, digits, '.', '_' and '-'." ;;
    /*) ;;
    *) fail "--dir $dir: an absolute path is needed." ;;
  esac
  case $admit in
    host-process | host-network | all) ;;
    *) usage ;;
  esac
  [ "$(id -u)" = 0 ] || fail "A node is root's: sudo deploy/cluster/$(basename "$0")"
  pki=$dir/pki
  group=jobpod-cluster-$(echo "$dir" | cksum | cut -d ' ' -f 1)
}

. "$top/deploy/cluster/lib/programs.sh"
. "$top/deploy/cluster/lib/host.sh"
