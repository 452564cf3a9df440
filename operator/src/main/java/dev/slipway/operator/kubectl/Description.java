package dev.slipway.operator.kubectl;

import static dev.slipway.operator.kubectl.Texts.text;

import dev.slipway.api.BaseImage;
import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.GitSource;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.SourceStatus;
import dev.slipway.api.StageStatus;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An ImageBuild for people: what it is, why it was built, how that went. */
final class Description {
  private final ImageBuild object;
  private final ImageBuildStatus status;

  Description(ImageBuild object) {
    this.object = object;
    status = Texts.status(object);
  }

  void print(PrintWriter out) {
    line(out, "Name", object.getMetadata().getName());
    line(out, "Namespace", object.getMetadata().getNamespace());
    line(
        out,
        "Ready",
        status
            .condition("Ready")
            .map(c -> Texts.word(c.status()) + " (" + c.reason() + ")")
            .orElse("Unknown (the operator has not seen it yet)"));
    status.condition("Ready").ifPresent(c -> line(out, "Message", c.message()));
    if (status.queuePosition() != null) {
      line(out, "Queue", "position " + status.queuePosition());
    }
    source(out);
    image(out);
    build(out);
    failure(out);
    history(out);
  }

  private void source(PrintWriter out) {
    GitSource git = object.getSpec().git();
    line(
        out,
        "Source",
        git == null
            ? "the Dockerfile in the spec"
            : git.url() + (git.ref() == null ? "" : ", " + git.ref()));
    SourceStatus source = status.source();
    if (source != null && source.commit() != null) {
      line(
          out,
          "Commit",
          Texts.shortened(source.commit())
              + (source.message() == null ? "" : " \"" + source.message() + "\"")
              + (source.author() == null ? "" : " by " + source.author()));
    }
  }

  private void image(PrintWriter out) {
    line(out, "Image", text(status.image()));
    if (!status.tags().isEmpty()) {
      line(out, "Tags", String.join(", ", status.tags()));
    }
    if (status.size() != null) {
      line(out, "Size", Texts.size(status.size()));
    }
    if (!status.platforms().isEmpty()) {
      line(out, "Platforms", String.join(", ", status.platforms()));
    }
    List<BaseImage> bases = status.baseImages();
    if (!bases.isEmpty()) {
      out.println("Base images:");
      bases.forEach(b -> out.println("  " + b.ref() + " at " + Texts.shortened(b.digest())));
    }
  }

  private void build(PrintWriter out) {
    BuildStatus build = status.build();
    if (build == null) {
      return;
    }
    line(
        out,
        "Build",
        "number "
            + build.number()
            + ", attempt "
            + build.attempt()
            + ", "
            + (build.outcome() == null
                ? "not over"
                : Texts.word(build.outcome()).toLowerCase(Locale.ROOT))
            + (build.duration() == null ? "" : " after " + build.duration()));
    line(out, "Because", text(build.reason()) + ": " + text(build.trigger()));
    line(out, "Pod", text(build.podName()));
    if (build.sandbox() != null) {
      line(out, "Sandbox", build.sandbox());
    }
    if (build.traceId() != null) {
      line(out, "Trace", build.traceId());
    }
    if (build.cache() != null) {
      line(
          out,
          "Cache",
          number(build.cache().hits())
              + " steps cached, "
              + number(build.cache().misses())
              + " ran");
    }
    if (!build.stages().isEmpty()) {
      out.println("Stages:");
      Table table = new Table("  ", "NAME", "TIME", "STEPS", "CACHED");
      for (StageStatus stage : build.stages()) {
        table.row(
            stage.name(),
            stage.seconds() == null
                ? "<none>"
                : String.format(Locale.ROOT, "%.1fs", stage.seconds()),
            number(stage.steps()),
            number(stage.cached()));
      }
      table.print(out);
    }
  }

  private static String number(@Nullable Integer value) {
    return value == null ? "0" : value.toString();
  }

  private void failure(PrintWriter out) {
    Failure failure = status.failure();
    if (failure == null) {
      return;
    }
    String place =
        failure.file() == null
            ? ""
            : " at "
                + failure.file()
                + (failure.line() == null ? "" : ":" + failure.line())
                + (failure.stage() == null ? "" : ", stage " + failure.stage());
    line(out, "Failure", failure.reason() + place);
    if (failure.instruction() != null) {
      out.println("  " + failure.instruction());
    }
    out.println("  " + failure.message());
    failure.logTail().forEach(l -> out.println("  │ " + l));
    BuildStatus build = status.build();
    if (build != null && build.outcome() == Outcome.FAILED) {
      out.println("  The whole log: kubectl slipway logs " + inNamespace());
      out.println("  To try again:  kubectl slipway retry " + inNamespace());
    }
  }

  private String inNamespace() {
    return "-n " + object.getMetadata().getNamespace() + " " + object.getMetadata().getName();
  }

  private void history(PrintWriter out) {
    if (status.history().isEmpty()) {
      return;
    }
    out.println("History:");
    Table table =
        new Table("  ", "BUILD", "OUTCOME", "REASON", "COMMIT", "IMAGE", "DURATION", "ENDED");
    for (HistoryEntry entry : status.history()) {
      table.row(
          entry.number().toString(),
          entry.outcome() == null ? "Running" : Texts.word(entry.outcome()),
          text(entry.reason()),
          Texts.shortened(entry.commit()),
          Texts.shortened(entry.digest()),
          text(entry.duration()),
          text(entry.completionTime()));
    }
    table.print(out);
  }

  private static void line(PrintWriter out, String label, String value) {
    out.println(String.format(Locale.ROOT, "%-13s", label + ":") + value);
  }
}
