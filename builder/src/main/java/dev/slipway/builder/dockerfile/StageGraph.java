package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which stage a name means, as far as the text tells. (The build itself also knows named contexts
 * and triggers.)
 */
final class StageGraph {
  private final List<Stage> stages;

  StageGraph(Dockerfile file) {
    this.stages = file.stages();
  }

  /**
   * The stage that {@code --target} names, by default the last.
   *
   * @throws BuildException with {@code STAGE_NOT_FOUND}
   */
  Stage target(Optional<String> name) {
    if (name.isEmpty()) {
      return stages.getLast();
    }
    String wanted = name.get().toLowerCase(Locale.ROOT);
    return named(stages, wanted)
        .orElseThrow(() ->
            new BuildException(
                ErrorCode.STAGE_NOT_FOUND,
                "target stage \""
                    + name.get()
                    + "\" could not be found"
                    + Suggestion.of(
                        wanted, stages.stream().flatMap(stage -> stage.name().stream()).toList())));
  }

  /** The earlier stage that {@code image} names, for the {@code FROM} of {@code stage}. */
  Optional<Stage> base(Stage stage, String image) {
    return named(stages.subList(0, stage.index()), image);
  }

  /** The stages that instructions of {@code stage} read from. */
  Set<Stage> sources(Stage stage) {
    Set<Stage> found = new LinkedHashSet<>();
    for (Instruction instruction : stage.instructions()) {
      switch (instruction) {
        case Copy copy -> copy.from().flatMap(this::source).ifPresent(found::add);
        case Run run ->
            run.mountSources().stream().flatMap(name -> source(name).stream()).forEach(found::add);
        default -> {}
      }
    }
    return found;
  }

  private Optional<Stage> source(String name) {
    if (!name.isEmpty() && name.length() < 6 && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int index = Integer.parseInt(name);
      return index < stages.size() ? Optional.of(stages.get(index)) : Optional.empty();
    }
    return named(stages, name.toLowerCase(Locale.ROOT));
  }

  /** Of stages with the same name the last one has it. */
  private static Optional<Stage> named(List<Stage> stages, String name) {
    return stages.reversed().stream()
        .filter(stage -> stage.name().filter(name::equals).isPresent())
        .findFirst();
  }

  /** {@code target} and all that it needs. */
  Set<Stage> reachable(Stage target, Globals globals) {
    Set<Stage> seen = new LinkedHashSet<>();
    Deque<Stage> open = new ArrayDeque<>(List.of(target));
    while (!open.isEmpty()) {
      Stage stage = open.removeLast();
      if (seen.add(stage)) {
        needs(stage, globals).forEach(open::addLast);
      }
    }
    return seen;
  }

  /**
   * Fails where stages need each other.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}
   */
  void requireNoCircle(Globals globals) {
    Set<Stage> done = new HashSet<>();
    for (Stage stage : stages) {
      visit(stage, globals, new LinkedHashSet<>(), done);
    }
  }

  private void visit(Stage stage, Globals globals, Set<Stage> path, Set<Stage> done) {
    if (done.contains(stage)) {
      return;
    }
    if (!path.add(stage)) {
      throw stage
          .from()
          .origin()
          .failure("circular dependency detected on stage: " + stage.displayName());
    }
    needs(stage, globals).forEach(needed -> visit(needed, globals, path, done));
    path.remove(stage);
    done.add(stage);
  }

  private List<Stage> needs(Stage stage, Globals globals) {
    List<Stage> needed = new ArrayList<>(sources(stage));
    base(stage, stage.from().expand(globals.variables()).image()).ifPresent(needed::add);
    return needed;
  }
}
