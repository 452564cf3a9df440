/** Stages become a graph of steps for one target. */
@NullMarked
package dev.slipway.builder.plan;

import org.jspecify.annotations.NullMarked;
