/** How requests travel to the API server: what the Kubernetes client's own transport lacks. */
@NullMarked
package dev.slipway.operator.client;

import org.jspecify.annotations.NullMarked;
