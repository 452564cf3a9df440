/** What the operator tells Prometheus and the kubelet. */
@NullMarked
package dev.slipway.operator.metrics;

import org.jspecify.annotations.NullMarked;
