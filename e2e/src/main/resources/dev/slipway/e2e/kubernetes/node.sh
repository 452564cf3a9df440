#!/bin/sh
# The first process of the node, in a mount and a PID namespace of its own: when it is killed, the
# kernel ends every pod and takes away every mount, and nothing of either was ever seen outside.
#
#   node.sh DIRECTORY CONTAINERD KUBELET NODE_NAME
set -eu
directory=$1 containerd=$2 kubelet=$3 name=$4

# Both write to places that they do not let one choose, such as /run/containerd and /var/lib/cni.
mount -t tmpfs -o mode=755 run /run
mkdir -p "$directory/var/upper" "$directory/var/work"
mount -t overlay -o "lowerdir=/var,upperdir=$directory/var/upper,workdir=$directory/var/work" var /var

"$containerd" --config "$directory/containerd.toml" >>"$directory/containerd.log" 2>&1 &
while [ ! -S /run/containerd/containerd.sock ]; do sleep 0.05; done

# One that ends is started again, as a unit of systemd would be; a test may kill it.
while :; do
  "$kubelet" --config="$directory/kubelet.yaml" --kubeconfig="$directory/kubelet.kubeconfig" \
    --root-dir="$directory/kubelet" --cert-dir="$directory/certificates" \
    --hostname-override="$name" >>"$directory/kubelet.log" 2>&1 || true
  sleep 1
done
