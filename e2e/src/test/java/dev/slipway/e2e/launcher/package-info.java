/** The launcher {@code slipway} at the top of the checkout. */
@NullMarked
package dev.slipway.e2e.launcher;

import org.jspecify.annotations.NullMarked;
