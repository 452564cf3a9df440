/**
 * A real Kubernetes on this machine: the programs of a release, started for tests and for {@code
 * make cluster}, and taken away without a trace.
 *
 * <p>{@link dev.slipway.e2e.kubernetes.ControlPlane} alone (etcd, API server, controllers) needs no
 * privileges and listens on loopback; {@link dev.slipway.e2e.kubernetes.RealCluster} adds a
 * scheduler, a node with kubelet, containerd and runc, and a registry, and needs root.
 */
@org.jspecify.annotations.NullMarked
package dev.slipway.e2e.kubernetes;
