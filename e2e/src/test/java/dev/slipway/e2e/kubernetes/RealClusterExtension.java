package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts one cluster for all classes that ask for it, and ends it after the last of them. */
final class RealClusterExtension implements ExecutionCondition, ParameterResolver {
  /** In target, where the next run finds and takes away what a killed one left. */
  private static final Path DIRECTORY = Path.of("target", "cluster");

  /** Closed by JUnit at the end of the run. */
  private record Shared(RealCluster cluster, Thread hook) implements AutoCloseable {
    static Shared start() {
      try {
        RealCluster cluster = RealCluster.start(DIRECTORY);
        // A run that is told to stop takes its cluster with it.
        Thread hook =
            new Thread(() -> {
              try {
                cluster.close();
              } catch (IOException e) {
                System.err.println("the cluster was not taken away: " + e.getMessage());
              }
            });
        Runtime.getRuntime().addShutdownHook(hook);
        return new Shared(cluster, hook);
      } catch (IOException e) {
        throw new ParameterResolutionException("no cluster: " + e.getMessage(), e);
      }
    }

    @Override
    public void close() throws IOException {
      cluster.close();
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<String> refusal = RealCluster.refusal();
    return refusal.isPresent()
        ? ConditionEvaluationResult.disabled(refusal.get())
        : ConditionEvaluationResult.enabled("this machine can run a node");
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == RealCluster.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(RealClusterExtension.class))
        .computeIfAbsent(Shared.class, _ -> Shared.start(), Shared.class)
        .cluster();
  }
}
