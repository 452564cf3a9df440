#!/bin/sh
# What a RUN step must not reach, tried. Says what it reached, and ends with 1 if it was anything.
#
#   attack.sh FILE    what is in FILE is in the push credentials, and is looked for wherever they may be
token=$(cat "$1")
reached=0
reach() {
  echo "REACHED $*"
  reached=1
}

# ---- the credentials, and the files of the builder ------------------------------------------------
if grep -rqsF "$token" /run /var/lib /var/run /tmp /etc /root /home /dev/shm; then reach "the credentials in a file"; fi
for path in /run/slipway /var/lib/slipway /opt/slipway /var/run/secrets/kubernetes.io /.docker /root/.docker; do
  [ ! -e "$path" ] || reach "$path"
done
env | grep -q '^DOCKER_CONFIG=' && reach "the environment of the builder"

# ---- its process, and its memory ------------------------------------------------------------------
# Where no fresh /proc can be mounted, the names of the processes of the pod are to be seen, and no more.
for process in /proc/[0-9]*; do
  case $(cat "$process/comm" 2>/dev/null) in
  java | slipway | pause | busybox) ;;
  *) continue ;;
  esac
  for file in environ maps auxv; do
    [ -z "$(head -c 1 "$process/$file" 2>/dev/null | od -An -c)" ] || reach "$process/$file"
  done
  for link in root cwd exe; do
    [ -z "$(readlink "$process/$link" 2>/dev/null)" ] || reach "$process/$link"
  done
  # How many it has open may be seen, not what.
  for fd in "$process"/fd/*; do
    [ -z "$(readlink "$fd" 2>/dev/null)" ] || reach "$fd"
    if (: <"$fd") 2>/dev/null; then reach "$fd"; fi
  done
  if (: <"$process/mem") 2>/dev/null; then reach "$process/mem"; fi
  if grep -qsF "$token" "$process/cmdline"; then reach "$process/cmdline"; fi
done
# Only what it sees it can signal; the build goes on after this, and that is the proof.
kill -9 -1 2>/dev/null

# ---- the node, and other pods ---------------------------------------------------------------------
for path in /run/containerd /var/lib/kubelet /var/lib/containerd /run/docker.sock /var/run/docker.sock; do
  [ ! -e "$path" ] || reach "$path"
done
# Disks of the node: the first numbers of the usual drivers.
for number in "8 0" "252 0" "254 0" "259 0" "7 0" "1 1"; do
  # shellcheck disable=SC2086
  if mknod /tmp/disk b $number 2>/dev/null && dd if=/tmp/disk of=/dev/null bs=512 count=1 2>/dev/null; then
    reach "block device $number"
  fi
  rm -f /tmp/disk
done
if mknod /tmp/mem c 1 1 2>/dev/null && dd if=/tmp/mem of=/dev/null bs=1 count=1 2>/dev/null; then reach "/dev/mem"; fi
if mknod /tmp/kmsg c 1 11 2>/dev/null && dd if=/tmp/kmsg of=/dev/null bs=8192 count=1 2>/dev/null; then reach "/dev/kmsg"; fi
rm -f /tmp/mem /tmp/kmsg
# What the kernel takes from root, it must not take from this one.
for file in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger /sys/kernel/uevent_helper \
  /proc/sys/kernel/modprobe; do
  # Nothing is written: to be let in is enough.
  if [ -e "$file" ] && (: >>"$file") 2>/dev/null; then reach "$file, to be written"; fi
done
for group in /sys/fs/cgroup /sys/fs/cgroup/*; do
  if [ -e "$group/release_agent" ] && (: >>"$group/release_agent") 2>/dev/null; then reach "$group/release_agent"; fi
done
if mkdir /tmp/groups && mount -t cgroup -o rdma none /tmp/groups 2>/dev/null; then reach "a hierarchy of control groups"; fi
for device in /dev/sda /dev/vda /dev/nvme0n1; do
  if mount "$device" /mnt 2>/dev/null; then reach "$device, mounted"; fi
done
if chroot /proc/1/root true 2>/dev/null && [ "$(readlink /proc/1/ns/pid)" != "$(readlink /proc/self/ns/pid)" ]; then
  reach "the root of process 1"
fi

# ---- the API server -------------------------------------------------------------------------------
[ -z "$(find / -xdev -path /proc -prune -o -name token -path '*serviceaccount*' -print 2>/dev/null)" ] ||
  reach "a token of the API server"

[ $reached = 0 ] && echo "reached nothing"
exit $reached
