/** Who of several operators works. */
@NullMarked
package dev.slipway.operator.lease;

import org.jspecify.annotations.NullMarked;
