# Sourced by deploy/cluster/up and down: what the cluster changes on the host outside its directory, and how that is
# undone. Needs `dir`, `group` and `addresses`.

# Settings of the kernel that a kubelet changes.
kubelet_settings=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys
  kernel/keys/root_maxbytes)
# Directories it makes whatever its root directory is.
kubelet_places=(/var/lib/kubelet/device-plugins /var/lib/kubelet /var/log/containers)

cgroup_places() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts; }

has_address() { busybox ip -o address show dev lo | grep -qF " $1/32 "; }

# Both addresses are of this machine only: nothing leaves it.
add_addresses() {
  local address
  for address in "${addresses[@]}"; do
    has_address "$address" || busybox ip address add "$address/32" dev lo ||
      fail "Address $address could not be added to the loopback interface."
  done
}

remove_addresses() {
  local address
  for address in "${addresses[@]}"; do
    ! has_address "$address" || busybox ip address del "$address/32" dev lo
  done
}

remember_host() {
  [ ! -e "$dir/host-before" ] || return 0
  local name place
  {
    for name in "${kubelet_settings[@]}"; do
      [ ! -r "/proc/sys/$name" ] || echo "setting $name $(cat "/proc/sys/$name")"
    done
    for place in "${kubelet_places[@]}"; do
      [ -e "$place" ] || echo "absent $place"
    done
  } > "$dir/host-before"
}

restore_host() {
  [ -e "$dir/host-before" ] || return 0
  local kind name value
  while read -r kind name value; do
    case $kind in
      setting) [ "$(cat "/proc/sys/$name")" = "$value" ] || echo "$value" > "/proc/sys/$name" ;;
      absent) remove_place "$name" ;;
    esac
  done < "$dir/host-before"
  # Links to the logs of pods are left in a directory that other kubelets use, too.
  [ ! -d /var/log/containers ] || find /var/log/containers -maxdepth 1 -type l -lname "$dir/*" -delete
}

# remove_place DIRECTORY: with what a kubelet has left in it, and nothing else.
remove_place() {
  [ -d "$1" ] || return 0
  find "$1" -maxdepth 1 \( -type l -lname "$dir/*" -o -type s -o -name DEPRECATION \) -delete
  rmdir --ignore-fail-on-non-empty "$1"
}

make_groups() {
  local place file
  for place in $(cgroup_places); do
    mkdir -p "$place/$group"
    for file in cpuset.cpus cpuset.mems; do
      # In version 1 a group without processors can hold no process.
      [ ! -e "$place/tasks" ] || [ ! -e "$place/$file" ] || cat "$place/$file" > "$place/$group/$file"
    done
  done
}

# A killed process stays in its group for a moment.
remove_groups() {
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    for place in $(cgroup_places); do
      [ ! -d "$place/$group" ] || find "$place/$group" -depth -type d -exec rmdir {} + 2> /dev/null
    done
    groups_left > /dev/null || return 0
    sleep 0.1
  done
  fail "These cgroups still hold processes: $(groups_left | tr '\n' ' ')"
}

groups_left() { for place in $(cgroup_places); do echo "$place/$group"; done | xargs ls -d 2> /dev/null | grep .; }

# Volumes in memory, deepest first.
unmount_volumes() {
  local place
  awk -v dir="$dir/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r place; do
    umount "$(printf '%b' "$place")" || umount -l "$(printf '%b' "$place")"
  done
}
