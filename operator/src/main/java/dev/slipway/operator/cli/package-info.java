/** The command lines: {@code slipway operator} and {@code kubectl slipway}. */
@NullMarked
package dev.slipway.operator.cli;

import org.jspecify.annotations.NullMarked;
