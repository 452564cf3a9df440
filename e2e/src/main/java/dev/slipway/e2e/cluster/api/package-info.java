/**
 * A Kubernetes API in this process: the store of the Fabric8 Mock Server, taught what the operator
 * and {@code kubectl} need of a real API server. {@link dev.slipway.e2e.cluster.api.ApiServer} says
 * what is not modelled.
 */
@NullMarked
package dev.slipway.e2e.cluster.api;

import org.jspecify.annotations.NullMarked;
