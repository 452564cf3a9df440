/** Names that follow from what they stand for. */
@NullMarked
package dev.slipway.operator.digest;

import org.jspecify.annotations.NullMarked;
