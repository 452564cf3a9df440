/** From a Git ref to a commit, off the reconcile loop. */
@NullMarked
package dev.slipway.operator.source;

import org.jspecify.annotations.NullMarked;
