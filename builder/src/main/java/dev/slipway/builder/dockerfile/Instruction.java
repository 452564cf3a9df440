package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;
import java.util.Locale;

/**
 * One instruction of a stage, in the words the user wrote until {@link #expand} has replaced the
 * variables in them. {@code FROM} is not one of them: it opens a {@link Stage}.
 *
 * <p>All implementations are immutable.
 */
public sealed interface Instruction
    permits Add,
        Arg,
        Cmd,
        Copy,
        Entrypoint,
        Env,
        Expose,
        Healthcheck,
        Label,
        Maintainer,
        Onbuild,
        Run,
        Shell,
        StopSignal,
        User,
        Volume,
        Workdir {

  Origin origin();

  default Location location() {
    return origin().location();
  }

  /** The instruction as progress shows it; see {@link Origin#source}. */
  default String source() {
    return origin().source();
  }

  /** The instruction's name in capitals, such as {@code COPY}. */
  default String name() {
    return origin().keyword().toUpperCase(Locale.ROOT);
  }

  /**
   * The same instruction with variables, quotes and escapes resolved in those parts of it where the
   * language expands them. All of it sees the same values: in {@code ENV a=1 b=$a}, {@code $a} is
   * what it was before. An instruction without such parts ({@code CMD}, {@code ONBUILD}, ...) is
   * returned as it is, and so is {@code ARG}, whose default {@link Scope} expands only if it is
   * used.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX} and this instruction's location: a
   *     malformed substitution, {@code ${x:?message}} without {@code x}, or a result that is not
   *     valid here
   */
  Instruction expand(Variables variables);
}
