package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.CheckReport;
import dev.slipway.builder.dockerfile.CheckRequest;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Outline;
import dev.slipway.builder.dockerfile.Targets;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.report.Redaction;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.store.ContentStore;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A question about a Dockerfile, asked in place of a build of it: {@code --call}. Single use. */
public final class Call {
  private final BuildRequest request;
  private final EngineSettings settings;
  private final Reporter reporter;

  /** What can be asked. */
  public enum Function {
    CHECK,
    OUTLINE,
    TARGETS
  }

  /** How the answer is written. */
  public enum Format {
    TEXT,
    JSON
  }

  /**
   * The answer.
   *
   * @param text for standard output
   * @param failure for standard error; empty where there is none
   * @param statusCode 1 where a check found something, else 0
   */
  public record Answer(String text, String failure, int statusCode) {}

  /**
   * @param progress shows what is fetched; not closed
   */
  public Call(BuildRequest request, EngineSettings settings, Progress progress) {
    this.request = request;
    this.settings = settings;
    this.reporter = new Reporter(progress, new Redaction(List.of()), System::nanoTime);
  }

  /**
   * Answers. Nothing is built, and no layer is fetched.
   *
   * @throws BuildException where the Dockerfile cannot be found; where it cannot be understood too,
   *     except in a check, which reports that
   */
  public Answer answer(Function function, Format format) {
    try (ContentStore store = ContentStore.open(settings.store());
        RegistryClient registry = new RegistryClient(settings.registries());
        ExecutorService background = Executors.newVirtualThreadPerTaskExecutor()) {
      try (Intake intake = new Intake(request, settings, reporter, store);
          BuildContext context = intake.context()) {
        BuildRequest.Definition wanted = request.definition();
        BaseImages images =
            new BaseImages(
                registry,
                new LocalImages(store),
                wanted.platform(),
                request.execution().pull(),
                background);
        NamedContexts named = new NamedContexts(wanted.namedContexts(), intake.loader(), images);
        return answer(
            function, format, context, new BaseImageLookup(images, named, wanted.platform()));
      } finally {
        background.shutdownNow();
      }
    }
  }

  private Answer answer(
      Function function, Format format, BuildContext context, BaseImageLookup images) {
    String text = context.dockerfile().text();
    if (function == Function.CHECK) {
      return check(format, context, images);
    }
    Dockerfile file = Checks.parse(context.dockerfile(), request.definition());
    CheckRequest question =
        Checks.request(file, request.definition(), images, context, request.definition().target());
    boolean json = format == Format.JSON;
    String answer =
        switch (function) {
          case OUTLINE -> {
            Outline outline = Outline.of(question);
            yield json ? outline.toJson(text) : outline.toText();
          }
          case TARGETS -> {
            Targets targets = Targets.of(file);
            yield json ? targets.toJson(text) : targets.toText();
          }
          case CHECK -> throw new IllegalStateException("answered above");
        };
    return new Answer(answer, "", 0);
  }

  private Answer check(Format format, BuildContext context, BaseImageLookup images) {
    BuildContext.DockerfileText source = context.dockerfile();
    CheckReport report;
    try {
      Dockerfile file = Checks.parse(source, request.definition());
      report =
          CheckReport.of(
              Checks.request(
                  file, request.definition(), images, context, request.definition().target()));
    } catch (BuildException e) {
      if (e.code() != ErrorCode.DOCKERFILE_SYNTAX) {
        throw e;
      }
      report = CheckReport.unreadable(e);
    }
    return new Answer(
        format == Format.JSON
            ? report.toJson(source.name(), source.text())
            : report.toText(source.text()),
        report.failureText(source.text()),
        report.statusCode());
  }
}
