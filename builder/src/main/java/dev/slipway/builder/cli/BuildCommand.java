package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.solve.Build;
import dev.slipway.builder.solve.BuildRequest;
import dev.slipway.builder.solve.Call;
import dev.slipway.builder.solve.ReproducibleBuild;
import dev.slipway.builder.trace.Tracing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code slipway build}: the flags of {@code docker buildx build}, and a few of our own. */
final class BuildCommand implements Subcommand {

  private String context = "";
  private @Nullable String file;
  private @Nullable Path dockerfileInline;
  private List<String> tags = new ArrayList<>();

  private @Nullable String target;
  private List<String> buildArgs = new ArrayList<>();

  private List<String> buildContexts = new ArrayList<>();

  private List<String> labels = new ArrayList<>();

  private List<String> annotations = new ArrayList<>();

  private List<String> platforms = new ArrayList<>();

  private boolean pull;
  private @Nullable Path gitCredentials;
  private @Nullable String timeout;
  private @Nullable Path waitingFile;
  private boolean verifyReproducible;
  private boolean reported;
  private StepOptions steps = new StepOptions();
  private CacheOptions caches = new CacheOptions();
  private OutputOptions outputs = new OutputOptions();
  private ResultFiles results = new ResultFiles();
  private OnErrorOptions onError = new OnErrorOptions();
  private CallOptions calls = new CallOptions();
  private StoreOptions store = new StoreOptions();
  private EngineOptions engine = new EngineOptions();
  private ProgressOptions progressOptions = new ProgressOptions();

  @Override
  public void declare(Flags flags) {
    flags.describe("Build an image from a Dockerfile.");
    flags.shownAsDeclared();
    flags.operand(
        "CONTEXT",
        "A directory, a Git URL (url#ref:subdir), an http(s) archive, or - for stdin.",
        value -> context = value);
    flags.text(
        "-f, --file",
        "FILE",
        "The Dockerfile (default: CONTEXT/Dockerfile); - for stdin.",
        value -> file = value);
    flags.path(
        "--dockerfile-inline",
        "FILE",
        "Read the Dockerfile from this file of this machine, whatever the context is.",
        value -> dockerfileInline = value);
    flags.texts(
        "-t, --tag", "NAME", "Name and tag of the image; may be repeated.", value -> tags = value);
    flags.text("--target", "STAGE", "The stage to build.", value -> target = value);
    flags.texts(
        "--build-arg",
        "KEY[=VALUE]",
        "A build argument; without a value it is taken from the environment.",
        value -> buildArgs = value);
    flags.texts(
        "--build-context",
        "NAME=CONTEXT",
        "A named context: a directory, docker-image://, oci-layout://, a Git or http URL.",
        value -> buildContexts = value);
    flags.texts(
        "--label", "KEY=VALUE", "A label of the image; may be repeated.", value -> labels = value);
    flags.texts(
        "--annotation",
        "KEY=VALUE",
        "An annotation of the manifest; may be repeated.",
        value -> annotations = value);
    flags.texts("--platform", "OS/ARCH", "The platform to build for.", value -> platforms = value);
    flags.flag("--pull", "Ask the registry for every base image.", value -> pull = value);
    flags.path(
        "--git-credentials",
        "DIR",
        "Git credentials, in the files of a Kubernetes basic-auth or ssh-auth secret.",
        value -> gitCredentials = value);
    flags.text(
        "--timeout",
        "DURATION",
        "End the build after this long, such as 30m.",
        value -> timeout = value);
    flags.path(
        "--waiting-file",
        "FILE",
        "A file that is there while the build waits for something outside, such as a registry that"
            + " is out of order, and says for what.",
        value -> waitingFile = value);
    flags.flag(
        "--verify-reproducible",
        "Build a second time from nothing, and fail where the digest is another, naming the first"
            + " file that differs.",
        value -> verifyReproducible = value);
    steps.declare(flags);
    caches.declare(flags);
    outputs.declare(flags);
    results.declare(flags);
    onError.declare(flags);
    calls.declare(flags);
    store.declare(flags);
    engine.declare(flags);
    progressOptions.declare(flags);
  }

  @Override
  public Integer call() {
    if (dockerfileInline != null) {
      useInline(dockerfileInline);
    }
    BuildRequest request = request();
    Optional<CallOptions.Wanted> call = calls.wanted();
    if (call.isPresent()) {
      return answer(request, call.get());
    }
    onError.announce(engine.settings().store());
    Progress progress = Tracing.of(waiting(progressOptions.open()), System.getenv());
    Build.Finished finished;
    try (progress) {
      finished = verifyReproducible ? verified(request, progress) : built(request, progress);
    }
    return switch (finished) {
      case Build.Finished.Succeeded succeeded -> succeed(succeeded);
      case Build.Finished.Failed failed -> fail(failed);
    };
  }

  private Progress waiting(Progress shown) {
    return waitingFile == null ? shown : new WaitingFile(shown, waitingFile);
  }

  private Build.Finished built(BuildRequest request, Progress progress) {
    Build build =
        new Build(
            request,
            engine.settings(store.limit()),
            progress,
            onError.handler(failure -> {
              progress.close();
              report(failure);
            }));
    return timeout == null ? build.run() : build.run(StoreCommands.duration(timeout));
  }

  private Build.Finished verified(BuildRequest request, Progress progress) {
    if (timeout != null) {
      throw new BuildException(
          ErrorCode.USAGE, "--timeout and --verify-reproducible exclude each other; keep one");
    }
    return new ReproducibleBuild(request, engine.settings(store.limit()), progress).run();
  }

  private int answer(BuildRequest request, CallOptions.Wanted wanted) {
    Call.Answer answer;
    try (Progress progress = progressOptions.open()) {
      answer =
          new Call(request, engine.settings(), progress).answer(wanted.function(), wanted.format());
    }
    System.out.print(answer.text());
    System.out.flush();
    System.err.print(answer.failure());
    return answer.failure().isEmpty() && wanted.ignoreStatus() ? 0 : answer.statusCode();
  }

  private int succeed(Build.Finished.Succeeded done) {
    results.write(done);
    if (progressOptions.quiet()) {
      System.out.println(done.imageId());
    } else {
      progressOptions.summary(done);
    }
    return 0;
  }

  private int fail(Build.Finished.Failed failed) {
    if (!reported) {
      report(failed);
    }
    return Main.exitCode(failed.cause().code());
  }

  private void report(Build.Finished.Failed failed) {
    reported = true;
    results.write(failed.result());
    PrintStream err = System.err;
    BuildException cause = failed.cause();
    failed.step().ifPresent(step -> progressOptions.failedStep(err, step, failed.logTail()));
    cause
        .location()
        .flatMap(place -> failed.dockerfileText().map(text -> ErrorText.excerpt(text, place)))
        .ifPresent(err::print);
    err.println("ERROR: " + ErrorText.of(cause));
    if (cause.code() == ErrorCode.INTERNAL) {
      cause.printStackTrace(err);
    }
  }

  /** A Dockerfile that is not in the context has one way in already: standard input. */
  private void useInline(Path inline) {
    if (file != null) {
      throw new BuildException(
          ErrorCode.USAGE, "--file and --dockerfile-inline exclude each other; keep one");
    }
    try {
      System.setIn(new ByteArrayInputStream(Files.readAllBytes(inline)));
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_NOT_FOUND, "the Dockerfile " + inline + " cannot be read", e);
    }
    file = "-";
  }

  private BuildRequest request() {
    if (platforms.size() > 1 || platforms.stream().anyMatch(text -> text.contains(","))) {
      throw new BuildException(
          ErrorCode.UNSUPPORTED,
          "--platform: one build makes an image for one platform; run a build for each");
    }
    return new BuildRequest(
        context,
        Optional.ofNullable(file),
        new BuildRequest.Definition(
            Optional.ofNullable(target),
            assignments("--build-arg", buildArgs, true),
            assignments("--build-context", buildContexts, false),
            platforms.stream().findFirst().map(Platform::parse).orElseGet(Platform::local)),
        steps.execution(slot() + " ", caches, pull, Optional.ofNullable(gitCredentials)),
        new BuildRequest.Labelling(
            tags.stream().map(ImageReference::parse).toList(),
            assignments("--label", labels, false),
            assignments("--annotation", annotations, false)),
        outputs.outputs(),
        caches.caches(assignments("--build-arg", buildArgs, true)));
  }

  /** What is built, whoever builds it from where: names it for explanations of cache misses. */
  private String slot() {
    Path directory = Path.of(context.replaceAll("[?#].*", ""));
    return (context.contains("://") ? directory : directory.toAbsolutePath().normalize())
        + " "
        + (file == null ? "" : file);
  }

  private static Map<String, String> assignments(
      String flag, List<String> values, boolean fromEnvironment) {
    Map<String, String> result = new LinkedHashMap<>();
    for (String value : values) {
      int equals = value.indexOf('=');
      if (equals > 0) {
        result.put(value.substring(0, equals), value.substring(equals + 1));
      } else if (equals < 0 && fromEnvironment) {
        // As docker does: a name alone passes the variable on if it is set, else nothing.
        String inherited = System.getenv(value);
        if (inherited != null) {
          result.put(value, inherited);
        }
      } else {
        throw new BuildException(
            ErrorCode.USAGE, flag + " " + value + ": it is not of the form KEY=VALUE");
      }
    }
    return result;
  }
}
