/** {@code kubectl slipway}: one class a command. */
@NullMarked
package dev.slipway.operator.kubectl;

import org.jspecify.annotations.NullMarked;
