/** Runs a plan: stages side by side, each step from the cache or for real, to a finished image. */
@NullMarked
package dev.slipway.builder.solve;

import org.jspecify.annotations.NullMarked;
