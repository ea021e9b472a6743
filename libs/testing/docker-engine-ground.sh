#!/usr/bin/env bash
# Holds namespaces of their own (processes, mounts, network) with a folder for what lives in them.
# Guarantee: when standard input ends, because the owner closed it or died in whatever way, every process,
# mount, network and cgroup in here goes, then the folder.
# usage: docker-engine-ground.sh FOLDER CGROUP; prints the id of the process that holds the namespaces
set -u
folder=$1 cgroup=$2

if [ "${3-}" = inside ]; then
  read -r keeper _ </proc/self/stat # still the outer /proc: the id by which the owner sees this process
  mount -t proc proc /proc
  # A private /run hides the machine's own engine and containerd, and makes /run/docker.sock this ground's.
  mount -t tmpfs tmpfs /run
  # dockerd keeps a key there, and the machine's daemon.json is not meant for this engine.
  [ -d /etc/docker ] && mount -t tmpfs tmpfs /etc/docker
  ip link set lo up || exit 1
  echo "$keeper"
  read -r _
  exit 0
fi

exec 9>"$folder/lock"
flock 9
unshare --mount --net --pid --fork --kill-child --propagation slave bash "$0" "$folder" "$cgroup" inside 9>&-
find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null
rm -rf "$folder"
