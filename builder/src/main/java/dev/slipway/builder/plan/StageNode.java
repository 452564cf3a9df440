package dev.slipway.builder.plan;

import dev.slipway.builder.dockerfile.From;
import dev.slipway.builder.dockerfile.Stage;
import java.util.Set;

/**
 * A stage in the graph.
 *
 * @param from its {@code FROM} with variables resolved
 * @param base what it starts from
 * @param dependencies indexes of the stages that its instructions name, as far as the Dockerfile
 *     tells (triggers of a base image may add to them)
 */
public record StageNode(Stage stage, From from, TreeRef base, Set<Integer> dependencies) {
  public StageNode {
    dependencies = Set.copyOf(dependencies);
  }

  public int index() {
    return stage.index();
  }

  public String displayName() {
    return stage.displayName();
  }
}
