package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The checks of the instructions of one stage, in their order. */
final class StageChecks {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern NO_SECRET =
      Pattern.compile("(?:_|^)(?:public|file|version)(?:_|$)", Pattern.CASE_INSENSITIVE);

  private static final Set<String> SCANNER_SETTINGS =
      Set.of("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE");

  /**
   * What one stage hands to a stage that is based on it.
   *
   * @param known whether the base image's variables are known, so that others can be called
   *     undefined
   * @param triggers to run first
   */
  record Outcome(
      Scope scope,
      boolean known,
      boolean hasShell,
      boolean hasWorkdir,
      Set<String> declared,
      List<String> triggers,
      List<String> nextTriggers) {

    static Outcome ofImage(Globals globals, Optional<BaseImage> image) {
      BaseImage base = image.orElse(BaseImage.EMPTY);
      return new Outcome(
          Scope.ofImage(globals, base.environment()),
          image.isPresent(),
          base.hasShell(),
          false,
          Set.of(),
          base.triggers(),
          List.of());
    }

    Outcome child() {
      return new Outcome(scope, known, hasShell, hasWorkdir, declared, nextTriggers, List.of());
    }
  }

  private final CheckRequest request;
  private final List<Finding> findings;
  private final boolean known;
  private final Set<String> declared;
  private final Map<String, Instruction> lastOfKind = new HashMap<>();
  private final List<String> triggers = new ArrayList<>();
  private Scope scope;
  private boolean hasShell;
  private boolean hasWorkdir;
  private CheckOptions options = CheckOptions.DEFAULT;

  StageChecks(CheckRequest request, List<Finding> findings, Outcome start) {
    this.request = request;
    this.findings = findings;
    this.known = start.known();
    this.scope = start.scope();
    this.hasShell = start.hasShell();
    this.hasWorkdir = start.hasWorkdir();
    this.declared = new HashSet<>(start.declared());
  }

  Outcome outcome() {
    return new Outcome(
        scope, known, hasShell, hasWorkdir, Set.copyOf(declared), List.of(), List.copyOf(triggers));
  }

  void instruction(Instruction instruction) {
    options = request.file().directives().check().withComments(instruction.origin().comments());
    if (instruction instanceof Arg arg) {
      arg(arg);
      return;
    }
    TrackedVariables seen = new TrackedVariables(scope.variables());
    Instruction expanded;
    try {
      expanded = instruction.expand(seen);
    } finally {
      // Often the undefined variable is why it failed.
      undefined(instruction, seen);
    }
    check(expanded);
    scope = scope.apply(expanded);
  }

  private void check(Instruction instruction) {
    switch (instruction) {
      case Env env -> {
        env.variables().forEach(pair -> secret("ENV", pair.key(), env));
        legacy(env, env.variables());
      }
      case Label label -> legacy(label, label.labels());
      case Cmd cmd -> {
        once(cmd);
        shellForm(cmd, cmd.command());
      }
      case Entrypoint entrypoint -> {
        once(entrypoint);
        shellForm(entrypoint, entrypoint.command());
      }
      case Healthcheck healthcheck -> once(healthcheck);
      case Shell _ -> hasShell = true;
      case Workdir workdir -> workdir(workdir);
      case Expose expose -> expose(expose);
      case Copy copy -> {
        if (copy.from().isEmpty()) {
          copy.sources().forEach(source -> ignored("Copy", source, copy));
        }
      }
      case Add add ->
          add.sources().stream()
              .filter(source -> !isRemote(source))
              .forEach(source -> ignored("Add", source, add));
      case Onbuild onbuild -> triggers.add(onbuild.trigger());
      case Run run -> {
        // Reading them is a check of its own.
        run.mounts();
      }
      case Arg _, Maintainer _, StopSignal _, User _, Volume _ -> {}
    }
  }

  /** One declaration after the other, because each sees those before it. */
  private void arg(Arg arg) {
    for (Arg.Declaration declaration : arg.declarations()) {
      secret("ARG", declaration.name(), arg);
      Globals globals = scope.globals();
      if (declaration.defaultValue().isPresent()
          && !globals.buildArgs().containsKey(declaration.name())) {
        TrackedVariables seen = new TrackedVariables(scope.variables());
        new Expander(arg.origin(), seen).word(declaration.defaultValue().get());
        undefined(arg, seen);
      }
      declared.add(declaration.name());
      scope = scope.apply(new Arg(arg.origin(), List.of(declaration)));
    }
  }

  private void undefined(Instruction instruction, TrackedVariables seen) {
    if (!known) {
      return;
    }
    for (String name : seen.missing()) {
      if (!declared.contains(name) && !SCANNER_SETTINGS.contains(name)) {
        String closest = Suggestion.closest(name, seen.names());
        add(
            Rule.UNDEFINED_VAR,
            "Usage of undefined variable '$"
                + name
                + "'"
                + (closest.isEmpty() ? "" : " (did you mean $" + closest + "?)"),
            instruction.location());
      }
    }
  }

  private void secret(String name, String key, Instruction instruction) {
    if (SECRET.matcher(key).find() && !NO_SECRET.matcher(key).find()) {
      add(
          Rule.SECRETS_USED_IN_ARG_OR_ENV,
          "Do not use ARG or ENV instructions for sensitive data (%s \"%s\")".formatted(name, key),
          instruction.location());
    }
  }

  private void legacy(Instruction instruction, List<KeyValue> pairs) {
    if (pairs.stream().anyMatch(KeyValue::legacy)) {
      String name = instruction.origin().keyword();
      add(
          Rule.LEGACY_KEY_VALUE_FORMAT,
          "\"%s key=value\" should be used instead of legacy \"%s key value\" format"
              .formatted(name, name),
          instruction.location());
    }
  }

  /** It is the earlier one that has no effect, and so is reported. */
  private void once(Instruction instruction) {
    Instruction earlier = lastOfKind.put(instruction.name(), instruction);
    if (earlier != null) {
      add(
          Rule.MULTIPLE_INSTRUCTIONS_DISALLOWED,
          "Multiple %s instructions should not be used in the same stage because only the last one will be used"
              .formatted(instruction.origin().keyword()),
          earlier.location());
    }
  }

  private void shellForm(Instruction instruction, CommandLine command) {
    if (command instanceof CommandLine.ShellForm && !hasShell) {
      add(
          Rule.JSON_ARGS_RECOMMENDED,
          "JSON arguments recommended for %s to prevent unintended behavior related to OS signals"
              .formatted(instruction.origin().keyword()),
          instruction.location());
    }
  }

  private void workdir(Workdir workdir) {
    if (!hasWorkdir && !workdir.path().startsWith("/")) {
      add(
          Rule.WORKDIR_RELATIVE_PATH,
          "Relative workdir \"%s\" can have unexpected results if the base image changes"
              .formatted(workdir.path()),
          workdir.location());
    }
    hasWorkdir = true;
  }

  private void expose(Expose expose) {
    for (String spec : expose.specs()) {
      PortSpec port = expose.portSpec(spec);
      if (!port.protocol().equals(port.protocol().toLowerCase(Locale.ROOT))) {
        add(
            Rule.EXPOSE_PROTO_CASING,
            "Defined protocol '" + spec + "' in EXPOSE instruction should be lowercase",
            expose.location());
      }
      if (port.hasHost()) {
        add(
            Rule.EXPOSE_INVALID_FORMAT,
            "EXPOSE instruction should not define an IP address or host-port mapping, found '"
                + spec
                + "'",
            expose.location());
      }
    }
  }

  private static boolean isRemote(String source) {
    return source.startsWith("http://")
        || source.startsWith("https://")
        || source.startsWith("git@")
        || source.startsWith("git://")
        || source.startsWith("ssh://");
  }

  /**
   * With exceptions in the file nobody can tell: what is under an ignored directory may be back.
   */
  private void ignored(String verb, String source, Instruction instruction) {
    if (request.ignored().isEmpty() || request.ignored().hasExceptions()) {
      return;
    }
    String path = PathNames.clean("/" + source);
    boolean ignored =
        path.equals("/")
            ? request.ignored().matchesEverything()
            : request.ignored().matches(path.substring(1));
    if (ignored) {
      add(
          Rule.COPY_IGNORED_FILE,
          "Attempting to %s file \"%s\" that is excluded by .dockerignore"
              .formatted(verb, PathNames.clean(source)),
          instruction.location());
    }
  }

  private void add(Rule rule, String message, Location location) {
    if (options.runs(rule)) {
      findings.add(new Finding(rule, message, location));
    }
  }
}
