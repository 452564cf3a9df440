package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code x-kubernetes-validations}, evaluated by the reference implementation of CEL. Values are
 * dynamic: a rule that a real server refuses for its types only fails here when it runs. Not
 * modelled: cost limits, and the functions that Kubernetes adds to the language ({@code isURL},
 * {@code quantity}, {@code find}, ...); a rule that calls one is an error, never a pass.
 */
final class CelRules {
  // Shared and created on first use: the compiler takes longest of all that a start-up could load.
  private static final class Holder {
    static final CelCompiler COMPILER =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("self", SimpleType.DYN)
            .addVar("oldSelf", SimpleType.DYN)
            .build();
    static final CelRuntime RUNTIME = CelRuntimeFactory.standardCelRuntimeBuilder().build();
  }

  private final Map<String, CelRuntime.Program> programs = new ConcurrentHashMap<>();

  /**
   * Evaluates the rules of one schema node.
   *
   * @param old the value before; null where there is none, and transition rules are left out
   */
  void check(
      JsonNode rules, JsonNode value, @Nullable JsonNode old, String path, List<String> out) {
    for (JsonNode rule : rules) {
      String source = rule.path("rule").asText();
      boolean transition = source.contains("oldSelf");
      if (transition && old == null) {
        continue;
      }
      Map<String, Object> variables = new LinkedHashMap<>();
      variables.put("self", plain(value));
      if (transition && old != null) {
        variables.put("oldSelf", plain(old));
      }
      try {
        if (!Boolean.TRUE.equals(program(source).eval(variables))) {
          out.add(refusal(rule, source, value, variables, path));
        }
      } catch (CelEvaluationException e) {
        out.add("%s: rule failed: %s: %s".formatted(path, source, e.getMessage()));
      }
    }
  }

  private String refusal(
      JsonNode rule, String source, JsonNode value, Map<String, Object> variables, String path)
      throws CelEvaluationException {
    String message = rule.path("message").asText("failed rule: " + source);
    if (rule.has("messageExpression")) {
      message = String.valueOf(program(rule.path("messageExpression").asText()).eval(variables));
    }
    String at = path + rule.path("fieldPath").asText("");
    return "%s: Invalid value: %s: %s"
        .formatted(at.isEmpty() ? "<nil>" : at, shown(value), message);
  }

  private static String shown(JsonNode value) {
    return value.isObject() ? "\"object\"" : value.isArray() ? "\"array\"" : value.toString();
  }

  private CelRuntime.Program program(String source) {
    return programs.computeIfAbsent(
        source,
        text -> {
          try {
            return Holder.RUNTIME.createProgram(Holder.COMPILER.compile(text).getAst());
          } catch (CelValidationException | CelEvaluationException e) {
            throw new ApiException(
                422,
                "Invalid",
                "the CEL rule does not compile here: " + text + ": " + e.getMessage());
          }
        });
  }

  private static Object plain(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        node.properties().forEach(entry -> map.put(entry.getKey(), plain(entry.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        node.forEach(item -> list.add(plain(item)));
        yield list;
      }
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> {
        if (node.isIntegralNumber()) {
          yield node.longValue();
        }
        yield node.doubleValue();
      }
      default -> node.asText();
    };
  }
}
