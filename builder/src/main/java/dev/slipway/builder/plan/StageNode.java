package dev.slipway.builder.plan;

import dev.slipway.builder.dockerfile.From;
import dev.slipway.builder.dockerfile.Stage;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A stage in the graph.
 *
 * @param from its {@code FROM} with variables resolved
 * @param base what it starts from
 * @param sources indexes of the stages that its instructions name, as far as the Dockerfile tells
 *     (triggers of a base image may add to them)
 */
public record StageNode(Stage stage, From from, TreeRef base, Set<Integer> sources) {
  public StageNode {
    sources = Set.copyOf(sources);
  }

  /** The stages that must be built before it is: what it starts from and what it reads. */
  public Set<Integer> dependencies() {
    Set<Integer> all = new LinkedHashSet<>();
    if (base instanceof TreeRef.OfStage of) {
      all.add(of.index());
    }
    all.addAll(sources);
    return all;
  }

  public int index() {
    return stage.index();
  }

  public String displayName() {
    return stage.displayName();
  }
}
