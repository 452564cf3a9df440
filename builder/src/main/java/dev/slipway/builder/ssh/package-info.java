/** SSH agents for RUN steps: one that runs already, or one of ours with keys from files. */
@NullMarked
package dev.slipway.builder.ssh;

import org.jspecify.annotations.NullMarked;
