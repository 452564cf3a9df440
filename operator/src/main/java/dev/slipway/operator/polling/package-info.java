/** Looking at things outside of the cluster again and again, once for all who want to know. */
@NullMarked
package dev.slipway.operator.polling;

import org.jspecify.annotations.NullMarked;
