/** {@code slipway demo}: one ImageBuild, end to end, on one machine. */
@NullMarked
package dev.slipway.e2e.demo;

import org.jspecify.annotations.NullMarked;
