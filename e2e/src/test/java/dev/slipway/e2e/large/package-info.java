/** Inputs larger than the memory of the builder. */
@NullMarked
package dev.slipway.e2e.large;

import org.jspecify.annotations.NullMarked;
