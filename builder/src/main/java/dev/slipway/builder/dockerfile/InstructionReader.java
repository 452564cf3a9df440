package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Makes a typed instruction of one statement. */
final class InstructionReader {
  /** All that the language has. */
  static final List<String> NAMES =
      List.of(
          "ADD",
          "ARG",
          "CMD",
          "COPY",
          "ENTRYPOINT",
          "ENV",
          "EXPOSE",
          "FROM",
          "HEALTHCHECK",
          "LABEL",
          "MAINTAINER",
          "ONBUILD",
          "RUN",
          "SHELL",
          "STOPSIGNAL",
          "USER",
          "VOLUME",
          "WORKDIR");

  private static final Map<String, Flags.Kind> NO_FLAGS = Map.of();

  private final Statement statement;
  private final Origin origin;
  private final List<Heredoc> documents;
  private final String name;

  /**
   * @param documents those that the statement's line announced, with content
   */
  InstructionReader(Statement statement, Origin origin, List<Heredoc> documents) {
    this.statement = statement;
    this.origin = origin;
    this.documents = documents;
    this.name = nameOf(statement);
  }

  static String nameOf(Statement statement) {
    return statement.keyword().toUpperCase(Locale.ROOT);
  }

  static boolean takesDocuments(Statement statement) {
    return switch (nameOf(statement)) {
      case "ADD", "COPY", "RUN" -> JsonArray.parse(statement.arguments()).isEmpty();
      default -> false;
    };
  }

  /** Any instruction but {@code FROM}. */
  Instruction read() {
    return switch (name) {
      case "ADD" -> new CopyReader(this, statement, origin, documents).add();
      case "ARG" -> arg();
      case "CMD" -> new Cmd(origin, command(NO_FLAGS));
      case "COPY" -> new CopyReader(this, statement, origin, documents).copy();
      case "ENTRYPOINT" -> new Entrypoint(origin, command(NO_FLAGS));
      case "ENV" -> new Env(origin, pairs());
      case "EXPOSE" -> expose();
      case "HEALTHCHECK" -> new HealthcheckReader(this, statement, origin).read();
      case "LABEL" -> new Label(origin, pairs());
      case "MAINTAINER" -> new Maintainer(origin, wholeLine());
      case "ONBUILD" -> onbuild();
      case "RUN" -> run();
      case "SHELL" -> shell();
      case "STOPSIGNAL" -> new StopSignal(origin, wholeLine());
      case "USER" -> new User(origin, wholeLine());
      case "VOLUME" -> volume();
      case "WORKDIR" -> new Workdir(origin, wholeLine());
      default -> throw unknown();
    };
  }

  BuildException unknown() {
    return statement
        .line()
        .failure(
            statement.offset(),
            "unknown instruction: "
                + statement.keyword()
                + Suggestion.ignoringCase(statement.keyword(), NAMES));
  }

  From from() {
    Flags flags = new Flags(statement, Map.of("platform", Flags.Kind.TEXT));
    List<String> words = Words.separated(statement.arguments());
    boolean named = words.size() == 3 && words.get(1).equalsIgnoreCase("as");
    if (words.size() != 1 && !named) {
      throw failure("FROM requires either one or three arguments: FROM image [AS name]");
    }
    Optional<String> stage = named ? Optional.of(stageName(words.get(2))) : Optional.empty();
    return new From(origin, words.getFirst(), flags.text("platform"), stage);
  }

  private String stageName(String written) {
    String lower = written.toLowerCase(Locale.ROOT);
    boolean valid = lower.charAt(0) >= 'a' && lower.charAt(0) <= 'z';
    for (int i = 1; i < lower.length() && valid; i++) {
      char c = lower.charAt(i);
      valid = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    }
    if (!valid) {
      throw failure(
          "invalid name for build stage: \""
              + written
              + "\", name can't start with a number or contain symbols");
    }
    return lower;
  }

  private Arg arg() {
    noFlags();
    List<String> words = Words.quoted(statement.arguments(), statement.escape());
    if (words.isEmpty()) {
      throw failure("ARG requires at least one argument");
    }
    List<Arg.Declaration> declarations = new ArrayList<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals == 0) {
        throw failure("ARG names can not be blank");
      }
      String key = equals < 0 ? word : word.substring(0, equals);
      Optional<String> value =
          equals < 0 ? Optional.empty() : Optional.of(word.substring(equals + 1));
      declarations.add(new Arg.Declaration(key, value, description(origin.comments(), key)));
    }
    return new Arg(origin, declarations);
  }

  /** The rest of a comment that starts with {@code name}. */
  static Optional<String> description(List<String> comments, String name) {
    return comments.stream()
        .filter(comment -> comment.startsWith(name + " "))
        .map(comment -> comment.substring(name.length() + 1))
        .findFirst();
  }

  private List<KeyValue> pairs() {
    noFlags();
    String arguments = statement.arguments();
    List<String> words = Words.quoted(arguments, statement.escape());
    if (words.isEmpty()) {
      throw failure(name + " requires at least one argument");
    }
    if (!words.getFirst().contains("=")) {
      return List.of(legacyPair(arguments));
    }
    List<KeyValue> pairs = new ArrayList<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals < 0) {
        throw failure(
            "can't find = in \""
                + word
                + "\"; it must be of the form name=value, quoted if it has"
                + " spaces");
      }
      if (equals == 0) {
        throw failure(name + " names can not be blank");
      }
      pairs.add(new KeyValue(word.substring(0, equals), word.substring(equals + 1), false));
    }
    return pairs;
  }

  private KeyValue legacyPair(String arguments) {
    int end = 0;
    while (end < arguments.length() && !Space.separates(arguments.charAt(end))) {
      end++;
    }
    if (end == arguments.length()) {
      throw failure(name + " must have two arguments");
    }
    int value = end;
    while (value < arguments.length() && Space.separates(arguments.charAt(value))) {
      value++;
    }
    return new KeyValue(arguments.substring(0, end), arguments.substring(value), true);
  }

  private Expose expose() {
    noFlags();
    List<String> words = Words.separated(statement.arguments());
    if (words.isEmpty()) {
      throw failure("EXPOSE requires at least one argument");
    }
    return new Expose(origin, words.stream().sorted().toList());
  }

  private Volume volume() {
    noFlags();
    List<String> paths =
        json(statement.arguments()).orElseGet(() -> Words.separated(statement.arguments()));
    if (paths.isEmpty()) {
      throw failure("VOLUME requires at least one argument");
    }
    List<String> trimmed = paths.stream().map(Space::trim).toList();
    if (trimmed.contains("")) {
      throw failure("VOLUME specified can not be an empty string");
    }
    return new Volume(origin, trimmed);
  }

  private Shell shell() {
    noFlags();
    List<String> arguments =
        json(statement.arguments())
            .orElseThrow(() ->
                failure(
                    statement.arguments().isEmpty()
                        ? "SHELL requires at least one argument"
                        : "SHELL requires the arguments to be in JSON form, such as SHELL"
                            + " [\"/bin/bash\", \"-c\"]"));
    if (arguments.isEmpty()) {
      throw failure("SHELL requires at least one argument");
    }
    return new Shell(origin, arguments);
  }

  private Run run() {
    Flags flags =
        new Flags(
            statement,
            Map.of(
                "mount", Flags.Kind.LIST,
                "network", Flags.Kind.TEXT,
                "security", Flags.Kind.TEXT,
                "device", Flags.Kind.LIST));
    Run run =
        new Run(
            origin,
            commandLine(),
            mounts(flags),
            network(flags),
            security(flags),
            flags.all("device"));
    if (!run.deviceFlags().isEmpty()) {
      run.devices();
    }
    return run;
  }

  private List<MountFlag> mounts(Flags flags) {
    List<MountFlag> mounts = new ArrayList<>();
    for (String value : flags.all("mount")) {
      int offset = flags.offset("mount", mounts.size());
      try {
        mounts.add(MountFlag.parse(value, message -> statement.line().failure(offset, message)));
      } catch (IllegalArgumentException e) {
        throw statement.line().failure(offset, String.valueOf(e.getMessage()));
      }
    }
    return mounts;
  }

  private Run.Network network(Flags flags) {
    String value = flags.text("network").orElse("default");
    return switch (value) {
      case "default" -> Run.Network.DEFAULT;
      case "none" -> Run.Network.NONE;
      case "host" -> Run.Network.HOST;
      default ->
          throw statement
              .line()
              .failure(
                  flags.offset("network"),
                  "invalid network mode \""
                      + value
                      + "\": it must be default, none or host"
                      + Suggestion.of(value, List.of("default", "none", "host")));
    };
  }

  private Run.Security security(Flags flags) {
    String value = flags.text("security").orElse("sandbox");
    return switch (value) {
      case "sandbox" -> Run.Security.SANDBOX;
      case "insecure" -> Run.Security.INSECURE;
      default ->
          throw statement
              .line()
              .failure(
                  flags.offset("security"),
                  "security \"" + value + "\" is not valid: it must be sandbox or insecure");
    };
  }

  private CommandLine command(Map<String, Flags.Kind> known) {
    new Flags(statement, known);
    return commandLine();
  }

  private CommandLine commandLine() {
    return json(statement.arguments())
        .<CommandLine>map(CommandLine.ExecForm::new)
        .orElseGet(() -> new CommandLine.ShellForm(statement.arguments(), documents));
  }

  /**
   * {@code ONBUILD} is read to the end now, so that a mistake in it shows here and not in a build
   * of somebody else.
   */
  private Onbuild onbuild() {
    noFlags();
    if (statement.arguments().isEmpty()) {
      throw failure("ONBUILD requires at least one argument");
    }
    Statement trigger = statement.trigger();
    requireTrigger(trigger);
    new InstructionReader(trigger, origin, documents).read();
    // With the blanks at the end, as BuildKit writes it into the config.
    StringBuilder text =
        new StringBuilder(statement.line().text().substring(statement.argumentsOffset()));
    for (Heredoc document : documents) {
      text.append('\n').append(document.content()).append(document.name());
    }
    return new Onbuild(origin, text.toString());
  }

  static void requireTrigger(Statement trigger) {
    String name = nameOf(trigger);
    String message =
        switch (name) {
          case "ONBUILD" -> "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
          case "FROM", "MAINTAINER" -> name + " isn't allowed as an ONBUILD trigger";
          default -> "";
        };
    if (!message.isEmpty()) {
      throw trigger.line().failure(trigger.offset(), message);
    }
  }

  private String wholeLine() {
    noFlags();
    if (statement.arguments().isEmpty()) {
      throw failure(name + " requires exactly one argument");
    }
    return statement.arguments();
  }

  void noFlags() {
    new Flags(statement, NO_FLAGS);
  }

  /** The elements of a JSON array; empty where {@code text} is not one. */
  Optional<List<String>> json(String text) {
    Optional<JsonArray> array = JsonArray.parse(text);
    if (array.isPresent() && !array.get().onlyStrings()) {
      throw failure("when using JSON array syntax, arrays must be comprised of strings only");
    }
    return array.map(JsonArray::strings);
  }

  /** A failure at the arguments, or at the name where there are none. */
  BuildException failure(String message) {
    int offset = statement.arguments().isEmpty() ? statement.offset() : statement.argumentsOffset();
    return statement.line().failure(offset, message);
  }
}
