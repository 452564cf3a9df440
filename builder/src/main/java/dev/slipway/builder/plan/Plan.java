package dev.slipway.builder.plan;

import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.From;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.Stage;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The graph of a Dockerfile's stages, for one target.
 *
 * @param nodes all stages, by index
 * @param needed the stages that the target needs, itself last, each after those it depends on
 */
public record Plan(List<StageNode> nodes, List<StageNode> needed, StageNode target) {

  /**
   * Plans.
   *
   * @param target the stage as the user named it; empty for the last
   * @param isNamedContext whether {@code --build-context} gave this name; such a context stands
   *     before a stage or image of that name
   * @throws BuildException STAGE_NOT_FOUND where the target is none, DOCKERFILE_SYNTAX where stages
   *     depend on each other in a circle, or a mount of one that is needed is wrong
   */
  public static Plan of(
      Dockerfile file, Globals globals, Optional<String> target, Predicate<String> isNamedContext) {
    List<StageNode> nodes = new ArrayList<>();
    for (Stage stage : file.stages()) {
      From from = stage.from().expand(globals.variables());
      TreeRef base = base(from, file.stages().subList(0, stage.index()), isNamedContext);
      nodes.add(new StageNode(stage, from, base, sources(stage, file.stages(), isNamedContext)));
    }
    StageNode wanted = nodes.get(targetIndex(file.stages(), target));
    List<StageNode> needed = new ArrayList<>();
    visit(wanted, nodes, new LinkedHashSet<>(), new HashSet<>(), needed);
    needed.stream()
        .flatMap(node -> node.stage().instructions().stream())
        .filter(Run.class::isInstance)
        .forEach(run -> ((Run) run).requireMounts());
    return new Plan(List.copyOf(nodes), List.copyOf(needed), wanted);
  }

  /**
   * What {@code --from=name} means.
   *
   * @param current the stage that says it; it cannot mean itself
   */
  public static TreeRef reference(
      String name,
      int current,
      List<Stage> stages,
      Predicate<String> isNamedContext,
      Location place) {
    if (isNamedContext.test(name)) {
      return new TreeRef.NamedContext(name);
    }
    Optional<Stage> byName =
        byName(stages.subList(0, current), name).or(() -> byName(stages, name));
    if (byName.isPresent()) {
      return new TreeRef.OfStage(byName.get().index());
    }
    if (name.matches("[0-9]{1,9}")) {
      int index = Integer.parseInt(name);
      if (index >= stages.size()) {
        throw new BuildException(
            ErrorCode.STAGE_NOT_FOUND,
            "--from=" + name + ": there is no stage " + index + "; " + known(stages),
            place);
      }
      if (index == current) {
        throw new BuildException(
            ErrorCode.STAGE_NOT_FOUND,
            "--from=" + name + ": a stage cannot copy from itself",
            place);
      }
      return new TreeRef.OfStage(index);
    }
    return name.equals("scratch") ? new TreeRef.Empty() : new TreeRef.OfImage(name);
  }

  private static TreeRef base(From from, List<Stage> earlier, Predicate<String> isNamedContext) {
    String image = from.image();
    if (isNamedContext.test(image)) {
      return new TreeRef.NamedContext(image);
    }
    return byName(earlier, image)
        .<TreeRef>map(stage -> new TreeRef.OfStage(stage.index()))
        .orElseGet(
            () -> image.equals("scratch") ? new TreeRef.Empty() : new TreeRef.OfImage(image));
  }

  private static Set<Integer> sources(
      Stage stage, List<Stage> stages, Predicate<String> isNamedContext) {
    Set<Integer> found = new LinkedHashSet<>();
    for (Instruction instruction : stage.instructions()) {
      List<String> names =
          switch (instruction) {
            case Copy copy -> copy.from().map(List::of).orElse(List.of());
            case Run run -> run.mountSources();
            default -> List.of();
          };
      for (String name : names) {
        TreeRef ref =
            reference(name, stage.index(), stages, isNamedContext, instruction.location());
        if (ref instanceof TreeRef.OfStage of) {
          if (instruction instanceof Copy && of.index() >= stage.index()) {
            throw new BuildException(
                ErrorCode.STAGE_NOT_FOUND,
                "--from="
                    + name
                    + (of.index() == stage.index()
                        ? ": a stage cannot copy from itself"
                        : ": that stage comes later; move it before the one that copies from it"),
                instruction.location());
          }
          found.add(of.index());
        }
      }
    }
    return found;
  }

  private static int targetIndex(List<Stage> stages, Optional<String> target) {
    if (target.isEmpty()) {
      return stages.size() - 1;
    }
    Optional<Stage> byName = byName(stages, target.get());
    if (byName.isPresent()) {
      return byName.get().index();
    }
    if (target.get().matches("[0-9]{1,9}")) {
      int index = Integer.parseInt(target.get());
      if (index < stages.size()) {
        return index;
      }
    }
    throw new BuildException(
        ErrorCode.STAGE_NOT_FOUND,
        "the target stage \"" + target.get() + "\" is not in the Dockerfile; " + known(stages));
  }

  private static Optional<Stage> byName(List<Stage> stages, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    // Of two stages with one name the later wins, as in BuildKit.
    return stages.reversed().stream()
        .filter(stage -> stage.name().filter(lower::equals).isPresent())
        .findFirst();
  }

  private static String known(List<Stage> stages) {
    return "its stages are "
        + stages.stream()
            .map(stage -> stage.index() + stage.name().map(name -> " (" + name + ")").orElse(""))
            .collect(Collectors.joining(", "));
  }

  private static void visit(
      StageNode node,
      List<StageNode> nodes,
      Set<Integer> path,
      Set<Integer> done,
      List<StageNode> order) {
    if (done.contains(node.index())) {
      return;
    }
    if (!path.add(node.index())) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_SYNTAX,
          "circular dependency detected on stage " + node.displayName(),
          node.stage().from().location());
    }
    node.dependencies().stream()
        .sorted()
        .forEach(index -> visit(nodes.get(index), nodes, path, done, order));
    path.remove(node.index());
    done.add(node.index());
    order.add(node);
  }
}
