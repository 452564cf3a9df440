package dev.slipway.e2e.operator;

import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Born;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For each test an embedded API server with one namespace, and a simulated node. */
final class Playground implements BeforeEachCallback, AfterEachCallback {
  /** The namespace. */
  static final String TEAM = "team";

  private final Function<Born, Fate> script;
  private @Nullable Api plane;
  private @Nullable SimulatedNode node;

  /**
   * @param script what becomes of pods
   */
  Playground(Function<Born, Fate> script) {
    this.script = script;
  }

  @Override
  public void beforeEach(ExtensionContext test) throws IOException {
    plane = Api.embedded();
    plane.namespace(TEAM);
    node = new SimulatedNode(plane.client(), script);
  }

  @Override
  public void afterEach(ExtensionContext test) {
    node().close();
    plane().close();
  }

  Api plane() {
    return Objects.requireNonNull(plane);
  }

  SimulatedNode node() {
    return Objects.requireNonNull(node);
  }

  Stage stage() {
    return new Stage(plane().client(), node(), TEAM);
  }
}
