/** The source documents of Slipway, row by row, on the command line. */
@NullMarked
package dev.slipway.e2e.seeds;

import org.jspecify.annotations.NullMarked;
