/**
 * An OCI registry in this process. {@link dev.slipway.e2e.cluster.registry.Registry} says what is
 * not modelled.
 */
@NullMarked
package dev.slipway.e2e.cluster.registry;

import org.jspecify.annotations.NullMarked;
