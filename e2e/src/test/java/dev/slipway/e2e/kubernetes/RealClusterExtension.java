package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands out what is {@link Shared}, which ends after the last class. After each test, the logs of
 * the installed operators must hold nothing that somebody on call would have to look into.
 */
final class RealClusterExtension
    implements ExecutionCondition, ParameterResolver, BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(RealClusterExtension.class);

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<String> refusal = RealCluster.refusal();
    return refusal.isPresent()
        ? ConditionEvaluationResult.disabled(refusal.get())
        : ConditionEvaluationResult.enabled("this machine can run a node");
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == RealCluster.class || type == SlipwayImage.class || type == Installation.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    Shared shared = shared(context);
    try {
      if (type == RealCluster.class) {
        return shared.cluster();
      }
      return type == SlipwayImage.class ? shared.image() : shared.installation();
    } catch (IOException e) {
      throw new ParameterResolutionException(
          "no " + type.getSimpleName() + ": " + e.getMessage(), e);
    }
  }

  private static Shared shared(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(Shared.class, _ -> new Shared(), Shared.class);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(NAMESPACE).put(Instant.class, Instant.now());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Instant start = context.getStore(NAMESPACE).get(Instant.class, Instant.class);
    shared(context)
        .installed()
        .ifPresent(slipway ->
            assertThat(slipway.troubles(start))
                .as("warnings and errors in the logs of the operators")
                .isEmpty());
  }
}
