/** A Git server in this process. */
@NullMarked
package dev.slipway.e2e.cluster.git;

import org.jspecify.annotations.NullMarked;
