/**
 * A cluster in one process, for the demo and the tests: a Kubernetes API, one node, a registry and
 * a Git server, all on the loopback address. Its parts say what they do not model.
 */
@NullMarked
package dev.slipway.e2e.cluster;

import org.jspecify.annotations.NullMarked;
