/**
 * Where a build's files come from: a directory, Git, a tar or Dockerfile on standard input, or a
 * URL. Whatever it was, it becomes a {@link dev.slipway.builder.source.BuildContext}: a directory,
 * what the ignore file hides, and which commit it is.
 */
@NullMarked
package dev.slipway.builder.source;

import org.jspecify.annotations.NullMarked;
