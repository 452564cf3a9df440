/** A build as an OpenTelemetry trace, where the environment names an exporter. */
@NullMarked
package dev.slipway.builder.trace;

import org.jspecify.annotations.NullMarked;
