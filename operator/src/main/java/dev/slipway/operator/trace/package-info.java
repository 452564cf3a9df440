/** Builds as OpenTelemetry traces, where the environment names an exporter. */
@NullMarked
package dev.slipway.operator.trace;

import org.jspecify.annotations.NullMarked;
