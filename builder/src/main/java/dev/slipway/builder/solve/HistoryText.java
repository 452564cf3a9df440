package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Arg;
import dev.slipway.builder.dockerfile.Cmd;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Entrypoint;
import dev.slipway.builder.dockerfile.Env;
import dev.slipway.builder.dockerfile.Expose;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.dockerfile.Healthcheck;
import dev.slipway.builder.dockerfile.Heredoc;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.KeyValue;
import dev.slipway.builder.dockerfile.Label;
import dev.slipway.builder.dockerfile.Maintainer;
import dev.slipway.builder.dockerfile.Onbuild;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.Scope;
import dev.slipway.builder.dockerfile.Shell;
import dev.slipway.builder.dockerfile.StopSignal;
import dev.slipway.builder.dockerfile.User;
import dev.slipway.builder.dockerfile.Volume;
import dev.slipway.builder.dockerfile.Workdir;
import dev.slipway.builder.image.History;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The {@code created_by} of an instruction, in the words that {@code docker history} shows for a
 * BuildKit build: expanded, with the arguments that a RUN could see as {@code |2 A=1 B=2}.
 */
final class HistoryText {
  private static final String COMMENT = "slipway.dockerfile.v1";

  private HistoryText() {}

  /**
   * A line of the history.
   *
   * @param empty whether it made no layer
   */
  static History line(String createdBy, Instant created, boolean empty) {
    return new History(created, createdBy, "", COMMENT, empty);
  }

  /**
   * Writes one for an instruction that changes the config only.
   *
   * @param instruction expanded
   * @param after the stage after it
   */
  static String of(Instruction instruction, StageState after) {
    if (instruction instanceof Arg arg) {
      return "ARG "
          + arg.declarations().stream()
              .map(one -> declared(after.scope(), one))
              .collect(Collectors.joining(" "));
    }
    List<String> argv =
        switch (instruction) {
          case Cmd ignored -> after.config().cmd();
          case Entrypoint ignored -> after.config().entrypoint();
          default -> List.of();
        };
    return of(instruction, List.of(), argv);
  }

  private static String declared(Scope scope, Arg.Declaration one) {
    Globals globals = scope.globals();
    boolean given =
        one.defaultValue().isPresent()
            || globals.buildArgs().containsKey(one.name())
            || globals.variables().get(one.name()) != null;
    return given ? one.name() + "=" + scope.declaredArgs().get(one.name()) : one.name();
  }

  /**
   * Writes one.
   *
   * @param instruction expanded
   * @param args {@code NAME=value} of the arguments that a RUN sees
   * @param argv what a RUN executes, and what CMD and ENTRYPOINT put into the config
   */
  static String of(Instruction instruction, List<String> args, List<String> argv) {
    return switch (instruction) {
      case Run ignored ->
          "RUN "
              + (args.isEmpty() ? "" : "|" + args.size() + " " + String.join(" ", args) + " ")
              + String.join(" ", argv);
      case Copy copy ->
          words(
              "COPY",
              flags(copy.parents(), copy.chown(), copy.chmod()),
              copy.sources(),
              copy.inline(),
              copy.destination());
      case Add add ->
          words(
              "ADD",
              flags(false, add.chown(), add.chmod()),
              add.sources(),
              add.inline(),
              add.destination());
      case Workdir workdir -> "WORKDIR " + workdir.path();
      case Env env -> "ENV " + pairs(env.variables());
      case Label label -> "LABEL " + pairs(label.labels());
      case Arg arg ->
          "ARG "
              + arg.declarations().stream()
                  .map(one -> one.name() + one.defaultValue().map(v -> "=" + v).orElse(""))
                  .collect(Collectors.joining(" "));
      case Cmd ignored -> "CMD " + GoText.quoted(argv);
      case Entrypoint ignored -> "ENTRYPOINT " + GoText.quoted(argv);
      case Expose expose -> "EXPOSE " + list(expose.ports());
      case Volume volume -> "VOLUME " + list(volume.paths());
      case User user -> "USER " + user.user();
      case StopSignal signal -> "STOPSIGNAL " + signal.signal();
      case Shell shell -> "SHELL " + list(shell.arguments());
      case Maintainer maintainer -> "MAINTAINER " + maintainer.author();
      case Onbuild onbuild -> "ONBUILD " + onbuild.trigger();
      case Healthcheck health -> "HEALTHCHECK " + health(health);
    };
  }

  /** As in BuildKit: what the files look like, not where they came from or how they are layered. */
  private static List<String> flags(
      boolean parents, Optional<String> chown, Optional<String> chmod) {
    List<String> flags = new ArrayList<>();
    if (parents) {
      flags.add("--parents");
    }
    chown.ifPresent(value -> flags.add("--chown=" + value));
    chmod.ifPresent(value -> flags.add("--chmod=" + value));
    return flags;
  }

  private static String words(
      String keyword,
      List<String> flags,
      List<String> sources,
      List<Heredoc> inline,
      String destination) {
    List<String> words = new ArrayList<>();
    words.add(keyword);
    words.addAll(flags);
    words.addAll(sources);
    inline.forEach(document -> words.add("<<" + document.name()));
    words.add(destination);
    return String.join(" ", words);
  }

  private static String pairs(List<KeyValue> pairs) {
    return pairs.stream()
        .map(pair -> pair.key() + "=" + pair.value())
        .collect(Collectors.joining(" "));
  }

  private static String list(List<String> values) {
    return "[" + String.join(" ", values) + "]";
  }

  /** A HEALTHCHECK reads as Go prints its structure: that is what docker shows. */
  private static String health(Healthcheck health) {
    return "{Test:"
        + list(health.test())
        + " Interval:"
        + GoText.duration(health.interval())
        + " Timeout:"
        + GoText.duration(health.timeout())
        + " StartPeriod:"
        + GoText.duration(health.startPeriod())
        + " StartInterval:"
        + GoText.duration(health.startInterval())
        + " Retries:"
        + health.retries()
        + "}";
  }
}
