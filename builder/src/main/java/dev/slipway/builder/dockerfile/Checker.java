package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Runs all checks over one Dockerfile; used once. */
final class Checker {
  private final CheckRequest request;
  private final StageGraph graph;
  private final List<Finding> findings;
  private final Map<Integer, StageChecks.Outcome> outcomes = new HashMap<>();

  private Checker(CheckRequest request) {
    this.request = request;
    this.graph = new StageGraph(request.file());
    this.findings = new ArrayList<>(request.file().findings());
  }

  static CheckReport check(CheckRequest request) {
    Checker checker = new Checker(request);
    Optional<BuildException> failure = Optional.empty();
    try {
      checker.run();
    } catch (BuildException e) {
      failure = Optional.of(e);
    }
    List<Finding> sorted =
        checker.findings.stream()
            .sorted(Comparator.comparingInt(finding -> finding.location().line()))
            .toList();
    return new CheckReport(sorted, failure, request.file().directives().check().error());
  }

  private void run() {
    defaultArgs();
    Globals globals = request.globals();
    List<From> froms = new ArrayList<>();
    for (Stage stage : request.file().stages()) {
      froms.add(from(stage, globals));
    }
    graph.requireNoCircle(globals);
    Set<Stage> wanted =
        request.target().isEmpty()
            ? new LinkedHashSet<>(request.file().stages())
            : graph.reachable(graph.target(request.target()), globals);
    for (Stage stage : request.file().stages()) {
      if (wanted.contains(stage)) {
        outcomes.put(stage.index(), stage(stage, froms.get(stage.index()), globals));
      }
    }
  }

  /** With defaults alone each {@code FROM} must still name an image. */
  private void defaultArgs() {
    CheckRequest plain =
        new CheckRequest(
            request.file(),
            Map.of(),
            request.platforms(),
            request.target(),
            request.images(),
            request.ignored());
    try {
      Variables defaults = plain.globals().variables();
      for (Stage stage : request.file().stages()) {
        From from = stage.from();
        if (!isImageName(new Expander(from.origin(), defaults).word(from.image()))) {
          add(
              request.file().directives().check(),
              Rule.INVALID_DEFAULT_ARG_IN_FROM,
              "Default value for ARG "
                  + from.image()
                  + " results in empty or invalid base image name",
              from.location());
        }
      }
    } catch (BuildException e) {
      // With the arguments that were given it may do; if not, that failure is reported.
      return;
    }
  }

  private static boolean isImageName(String text) {
    try {
      ImageReference.parse(text);
      return true;
    } catch (BuildException e) {
      return false;
    }
  }

  private From from(Stage stage, Globals globals) {
    From from = stage.from();
    CheckOptions options =
        request.file().directives().check().withComments(from.origin().comments());
    Set<String> declared = new HashSet<>(globals.variables().names());
    for (Arg arg : request.file().globalArgs()) {
      arg.declarations().forEach(declaration -> declared.add(declaration.name()));
    }
    TrackedVariables seen = new TrackedVariables(globals.variables());
    new Expander(from.origin(), seen).word(from.image());
    undeclared(options, from, seen.missing(), declared);
    if (from.platform().isPresent()) {
      platform(options, stage, globals, declared);
    }
    return from.expand(globals.variables());
  }

  private void undeclared(
      CheckOptions options, From from, Set<String> missing, Collection<String> declared) {
    for (String name : missing) {
      if (!declared.contains(name)) {
        add(
            options,
            Rule.UNDEFINED_ARG_IN_FROM,
            "FROM argument '" + name + "' is not declared" + Suggestion.of(name, declared),
            from.location());
      }
    }
  }

  private void platform(
      CheckOptions options, Stage stage, Globals globals, Collection<String> declared) {
    From from = stage.from();
    String written = from.platform().orElse("");
    TrackedVariables seen = new TrackedVariables(globals.variables());
    String value = new Expander(from.origin(), seen).word(written);
    undeclared(options, from, seen.missing(), declared);
    if (seen.found().equals(Set.of("TARGETPLATFORM"))
        && seen.missing().isEmpty()
        && value.equals(globals.variables().get("TARGETPLATFORM"))) {
      add(
          options,
          Rule.REDUNDANT_TARGET_PLATFORM,
          "Setting platform to predefined "
              + written
              + " in FROM is redundant as this is the default behavior",
          from.location());
    }
    if (seen.found().isEmpty() && seen.missing().isEmpty() && !namesPlatform(stage, value)) {
      add(
          options,
          Rule.FROM_PLATFORM_FLAG_CONST_DISALLOWED,
          "FROM --platform flag should not use constant value \"" + value + "\"",
          from.location());
    }
  }

  /** A stage that is named after its platform wants just that one. */
  private static boolean namesPlatform(Stage stage, String value) {
    try {
      Platform platform = Platform.parse(value);
      String name = stage.name().orElse("");
      return name.contains(platform.os()) || name.contains(platform.architecture());
    } catch (BuildException e) {
      // It fails when it is used.
      return true;
    }
  }

  private StageChecks.Outcome stage(Stage stage, From from, Globals globals) {
    Optional<Stage> base = graph.base(stage, from.image());
    StageChecks.Outcome start;
    if (base.isPresent() && outcomes.containsKey(base.get().index())) {
      StageChecks.Outcome end = outcomes.get(base.get().index());
      start = end.child();
    } else {
      boolean scratch = from.image().equals("scratch");
      Optional<BaseImage> image =
          scratch ? Optional.of(BaseImage.EMPTY) : request.images().find(from);
      image.flatMap(BaseImage::platform).ifPresent(actual -> basePlatform(from, actual));
      start = StageChecks.Outcome.ofImage(globals, image);
    }
    StageChecks checks = new StageChecks(request, findings, start);
    for (String trigger : start.triggers()) {
      checks.instruction(Dockerfile.parseTrigger(from, trigger));
    }
    stage.instructions().forEach(checks::instruction);
    return checks.outcome();
  }

  private void basePlatform(From from, Platform actual) {
    Platform expected = from.platform().map(Platform::parse).orElse(request.platforms().target());
    if (!expected.os().equals(actual.os())
        || !expected.architecture().equals(actual.architecture())) {
      add(
          request.file().directives().check(),
          Rule.INVALID_BASE_IMAGE_PLATFORM,
          "Base image %s was pulled with platform \"%s\", expected \"%s\" for current build"
              .formatted(from.image(), actual, expected),
          from.location());
    }
  }

  private void add(CheckOptions options, Rule rule, String message, Location location) {
    if (options.runs(rule)) {
      findings.add(new Finding(rule, message, location));
    }
  }
}
