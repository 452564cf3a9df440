/**
 * A Kubernetes node on this machine: pods become processes. {@link
 * dev.slipway.e2e.cluster.node.Node} says what is not modelled.
 */
@NullMarked
package dev.slipway.e2e.cluster.node;

import org.jspecify.annotations.NullMarked;
