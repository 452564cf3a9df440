/** The command line; flags are those of {@code docker buildx build}. */
@NullMarked
package dev.slipway.builder.cli;

import org.jspecify.annotations.NullMarked;
