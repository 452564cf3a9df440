package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a build may ask of its pod. Security settings are the platform's. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record PodTemplate(
    @JsonPropertyDescription("Compute resources; the platform's defaults where empty.")
        @Nullable Resources resources,
    @JsonPropertyDescription("Labels a node must have.") @Size(max = 32) Map<String, String> nodeSelector,
    @JsonPropertyDescription("Taints the builder pod tolerates.") @Size(max = 32) List<Toleration> tolerations,
    @JsonPropertyDescription(
            "ServiceAccount of the builder pod. Its token is never mounted; its image pull "
                + "secrets are used.")
        @Size(max = 253) @Nullable String serviceAccountName,
    @JsonPropertyDescription("RuntimeClass of the builder pod, such as gvisor or kata.")
        @Size(max = 253) @Nullable String runtimeClassName,
    @JsonPropertyDescription("PriorityClass of the builder pod.") @Size(max = 253) @Nullable String priorityClassName) {

  /** Asks for nothing. */
  public static final PodTemplate NONE =
      new PodTemplate(null, Map.of(), List.of(), null, null, null);

  /** Absent means empty. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public PodTemplate {
    nodeSelector =
        nodeSelector == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(nodeSelector));
    tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
  }
}
