package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.linux.FileName;
import java.util.List;
import java.util.Optional;

/**
 * A parsed Dockerfile. Immutable.
 *
 * @param globalArgs the {@code ARG}s before the first {@code FROM}
 * @param stages at least one
 * @param findings of those checks that need nothing but the text; {@code check=skip} is honoured
 */
public record Dockerfile(
    Directives directives, List<Arg> globalArgs, List<Stage> stages, List<Finding> findings) {
  public Dockerfile {
    globalArgs = List.copyOf(globalArgs);
    stages = List.copyOf(stages);
    findings = List.copyOf(findings);
  }

  /**
   * Reads a Dockerfile.
   *
   * @param fileName the name as the user knows it, for locations
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}, the location, and a message that shows
   *     the line with a marker
   */
  public static Dockerfile parse(String fileName, String text) {
    return parse(fileName, text, Optional.empty());
  }

  /**
   * As {@link #parse(String, String)}.
   *
   * @param options take the place of those of the {@code check} directive
   */
  public static Dockerfile parse(String fileName, String text, Optional<CheckOptions> options) {
    return new FileReader(SourceText.of(fileName, text), options).read();
  }

  /**
   * As {@link #parse(String, String)}, from the bytes of a file: a byte-order mark is dropped, and
   * bytes that are not UTF-8 are carried as lone surrogates U+DC80..U+DCFF.
   */
  public static Dockerfile parse(String fileName, byte[] content) {
    return parse(fileName, FileName.decode(content));
  }

  /**
   * Reads a trigger that a base image's config holds.
   *
   * @param from the {@code FROM} that brings it in: the place of failures
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}, also for {@code FROM}, {@code
   *     MAINTAINER} and {@code ONBUILD}, which cannot be triggers
   */
  public static Instruction parseTrigger(From from, String trigger) {
    Origin place = from.origin();
    try {
      return FileReader.readOne(SourceText.of(place.location().file(), trigger), place);
    } catch (BuildException e) {
      throw place.failure(
          "cannot run the ONBUILD trigger \"%s\" of the base image %s: %s"
              .formatted(
                  firstLine(trigger), from.image(), firstLine(String.valueOf(e.getMessage()))));
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }
}
