# Sourced by the scripts that build unmodified Kubernetes programs from Go modules.

fail() { echo "test/conformance: $*" >&2; exit 1; }

# need_go FILE: there is a Go that is new enough for the go.mod FILE.
need_go() {
  local need have remedy
  need=$(sed -n 's/^go //p' "$1")
  remedy="the Kubernetes programs need Go $need or newer; install it from https://go.dev/dl/ and put it in PATH"
  command -v go > /dev/null || fail "there is no 'go' command: $remedy."
  have=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
  [ "$(printf '%s\n' "$need" "$have" | sort -V | head -1)" = "$need" ] || fail "Go $have is too old: $remedy."
}

# module_version FILE MODULE: the version the go.mod FILE requires.
module_version() { awk -v module="$2" '$1 == "require" { $1 = ""; $0 = $0 } $1 == module { print $2; exit }' "$1"; }

# Where programs of one version are kept, outside the checkout.
program_cache() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/jobpod/$1"; }
