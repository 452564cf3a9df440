package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.BuildPlatforms;
import dev.slipway.builder.dockerfile.CheckOptions;
import dev.slipway.builder.dockerfile.CheckReport;
import dev.slipway.builder.dockerfile.CheckRequest;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Finding;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.source.BuildContext;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

/**
 * The checks of a Dockerfile that is being built: warnings, or with {@code error=true} failures.
 */
final class Checks {
  private static final String OPTIONS = "BUILDKIT_DOCKERFILE_CHECK";

  private final Dockerfile file;
  private final BuildRequest.Definition wanted;
  private final BaseImageLookup images;
  private final BuildContext context;
  private final Plan plan;
  private final Reporter reporter;
  private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

  Checks(
      Dockerfile file,
      BuildRequest.Definition wanted,
      BaseImageLookup images,
      BuildContext context,
      Plan plan,
      Reporter reporter) {
    this.file = file;
    this.wanted = wanted;
    this.images = images;
    this.context = context;
    this.plan = plan;
    this.reporter = reporter;
  }

  /** Reads the Dockerfile; the build argument BUILDKIT_DOCKERFILE_CHECK replaces its directive. */
  static Dockerfile parse(BuildContext.DockerfileText source, BuildRequest.Definition wanted) {
    Optional<CheckOptions> asked;
    try {
      asked = Optional.ofNullable(wanted.buildArgs().get(OPTIONS)).map(CheckOptions::parse);
    } catch (IllegalArgumentException e) {
      throw new BuildException(
          ErrorCode.USAGE, "--build-arg " + OPTIONS + ": " + e.getMessage(), e);
    }
    return Dockerfile.parse(source.name(), source.text(), asked);
  }

  static BuildPlatforms platforms(BuildRequest.Definition wanted) {
    return new BuildPlatforms(Platform.local(), wanted.platform());
  }

  static CheckRequest request(
      Dockerfile file,
      BuildRequest.Definition wanted,
      BaseImageLookup images,
      BuildContext context,
      Optional<String> target) {
    return new CheckRequest(
        file, wanted.buildArgs(), platforms(wanted), target, images, context.ignore());
  }

  /**
   * Checks the stages of the plan, and warns. What makes the Dockerfile unbuildable is left to the
   * build, which says so.
   *
   * @throws BuildException DOCKERFILE_CHECK where something is found and the file has {@code
   *     check=error=true}: then this waits, and nothing has been built yet
   */
  void start(Executor background) {
    if (file.directives().check().error()) {
      CheckReport report = warn();
      if (!report.findings().isEmpty()) {
        throw failure(report.findings());
      }
    } else {
      // Beside the build: checks wait for the config of each base image, and so do its stages.
      running = CompletableFuture.runAsync(this::warn, background);
    }
  }

  /** Waits until all warnings are out. */
  void await() throws InterruptedException {
    try {
      running.get();
    } catch (ExecutionException e) {
      throw new BuildException(ErrorCode.INTERNAL, "checks failed: " + e.getCause(), e);
    }
  }

  private CheckReport warn() {
    Optional<String> target = wanted.target().or(() -> plan.target().stage().name());
    CheckReport report = CheckReport.of(request(file, wanted, images, context, target));
    for (Finding finding : report.findings()) {
      reporter.warning(
          "%s: %s (line %d)"
              .formatted(finding.rule().ruleName(), finding.message(), finding.location().line()));
    }
    return report;
  }

  private static BuildException failure(List<Finding> findings) {
    String rules =
        findings.stream()
            .map(finding -> finding.rule().ruleName())
            .distinct()
            .collect(Collectors.joining(", "));
    return new BuildException(
        ErrorCode.DOCKERFILE_CHECK,
        "lint violation found for rules: "
            + rules
            + " (check=error=true); mend what the warnings say, or skip a rule with check=skip=RULE",
        findings.getFirst().location());
  }
}
