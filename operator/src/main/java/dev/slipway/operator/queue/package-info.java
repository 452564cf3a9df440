/** Who may build now. */
@NullMarked
package dev.slipway.operator.queue;

import org.jspecify.annotations.NullMarked;
