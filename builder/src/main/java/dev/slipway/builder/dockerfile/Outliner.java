package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes an {@link Outline}; used once. */
final class Outliner {
  /**
   * What is known of an argument.
   *
   * @param uses other global arguments that its default is made of
   */
  private record Known(Outline.Argument argument, Set<String> uses) {}

  private final CheckRequest request;
  private final StageGraph graph;
  private final Globals globals;
  private final Map<String, Known> globalArgs;
  private final Map<Integer, StageArgs> done = new HashMap<>();

  /** The arguments of one stage, and its scope at its end. */
  private record StageArgs(
      Map<String, Known> known,
      Set<String> used,
      Map<String, Outline.Input> secrets,
      Map<String, Outline.Input> ssh,
      Scope scope) {}

  Outliner(CheckRequest request) {
    this.request = request;
    this.graph = new StageGraph(request.file());
    this.globals = request.globals();
    this.globalArgs = globalArgs();
  }

  Outline outline() {
    Stage target = graph.target(request.target());
    Map<String, Outline.Argument> args = new LinkedHashMap<>();
    Map<String, Outline.Input> secrets = new LinkedHashMap<>();
    Map<String, Outline.Input> ssh = new LinkedHashMap<>();
    for (Stage stage : graph.reachable(target, globals)) {
      StageArgs own = stage(stage);
      for (String name : withUses(own)) {
        Known known = own.known().get(name);
        if (known != null) {
          args.putIfAbsent(name, known.argument());
        }
      }
      own.secrets().forEach(secrets::putIfAbsent);
      own.ssh().forEach(ssh::putIfAbsent);
    }
    return new Outline(
        target.name().orElse(""),
        target.description(),
        args.values().stream()
            .sorted(Comparator.comparingInt(arg -> arg.location().line()))
            .toList(),
        byLine(secrets),
        byLine(ssh));
  }

  private static List<Outline.Input> byLine(Map<String, Outline.Input> inputs) {
    return inputs.values().stream()
        .sorted(Comparator.comparingInt(input -> input.location().line()))
        .toList();
  }

  private static Set<String> withUses(StageArgs stage) {
    Set<String> all = new LinkedHashSet<>();
    List<String> open = new ArrayList<>(stage.used());
    while (!open.isEmpty()) {
      String name = open.removeLast();
      Known known = stage.known().get(name);
      if (all.add(name) && known != null) {
        open.addAll(known.uses());
      }
    }
    return all;
  }

  private Map<String, Known> globalArgs() {
    Map<String, Known> known = new LinkedHashMap<>();
    for (Arg arg : request.file().globalArgs()) {
      for (Arg.Declaration declaration : arg.declarations()) {
        String name = declaration.name();
        TrackedVariables seen = new TrackedVariables(globals.variables());
        if (!request.buildArgs().containsKey(name)) {
          declaration.defaultValue().ifPresent(new Expander(arg.origin(), seen)::word);
        }
        Set<String> uses = new LinkedHashSet<>(seen.found());
        if (uses.remove(name) && known.containsKey(name)) {
          uses.addAll(known.get(name).uses());
        }
        String value = globals.variables().get(name);
        known.put(name, known(declaration, value, arg.location(), uses));
      }
    }
    return known;
  }

  private static Known known(
      Arg.Declaration declaration, @Nullable String value, Location location, Set<String> uses) {
    return new Known(
        new Outline.Argument(
            declaration.name(), value == null ? "" : value, declaration.description(), location),
        Set.copyOf(uses));
  }

  private StageArgs stage(Stage stage) {
    StageArgs ready = done.get(stage.index());
    if (ready != null) {
      return ready;
    }
    TrackedVariables seen = new TrackedVariables(globals.variables());
    From from = stage.from().expand(seen);
    Optional<Stage> base = graph.base(stage, from.image());
    Scope scope =
        base.map(earlier -> stage(earlier).scope())
            .orElseGet(() -> {
              Optional<BaseImage> image =
                  from.image().equals("scratch") ? Optional.empty() : request.images().find(from);
              return Scope.ofImage(globals, image.map(BaseImage::environment).orElse(List.of()));
            });
    Map<String, Known> known = new LinkedHashMap<>(globalArgs);
    Set<String> used = new LinkedHashSet<>(seen.found());
    Map<String, Outline.Input> secrets = new LinkedHashMap<>();
    Map<String, Outline.Input> ssh = new LinkedHashMap<>();
    for (Instruction instruction : stage.instructions()) {
      Instruction expanded = instruction.expand(scope.variables());
      scope = scope.apply(expanded);
      switch (expanded) {
        case Arg arg -> arg(arg, scope, known, used);
        case Run run -> inputs(run, secrets, ssh);
        default -> {}
      }
    }
    StageArgs result = new StageArgs(known, used, secrets, ssh, scope);
    done.put(stage.index(), result);
    return result;
  }

  private void arg(Arg arg, Scope scope, Map<String, Known> known, Set<String> used) {
    for (Arg.Declaration declaration : arg.declarations()) {
      String name = declaration.name();
      used.add(name);
      boolean inherited =
          declaration.defaultValue().isEmpty()
              && !request.buildArgs().containsKey(name)
              && globals.variables().get(name) != null;
      if (!inherited) {
        String value = scope.declaredArgs().get(name);
        known.put(name, known(declaration, value, arg.location(), Set.of()));
      }
    }
  }

  private static void inputs(
      Run run, Map<String, Outline.Input> secrets, Map<String, Outline.Input> ssh) {
    for (Mount mount : run.mounts()) {
      switch (mount) {
        case Mount.Secret secret ->
            secrets.putIfAbsent(
                secret.id(), new Outline.Input(secret.id(), secret.required(), run.location()));
        case Mount.Ssh agent ->
            ssh.putIfAbsent(
                agent.id(), new Outline.Input(agent.id(), agent.required(), run.location()));
        default -> {}
      }
    }
  }
}
