package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Compute resources of the builder container. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Resources(
    @JsonPropertyDescription(
            "What the scheduler sets aside, by resource name (cpu, memory, ephemeral-storage).")
        Map<String, Quantity> requests,
    @JsonPropertyDescription("What the builder may use at most, by resource name.")
        Map<String, Quantity> limits) {

  /** Absent means empty. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Resources {
    requests = requests == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(requests));
    limits = limits == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(limits));
  }
}
