/**
 * {@code make bench}: how fast Slipway and its peers build the same images, on this machine, from
 * and to the same registry. Writes {@code docs/benchmarks.md}.
 */
@NullMarked
package dev.slipway.e2e.bench;

import org.jspecify.annotations.NullMarked;
