package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** How many builder pods that ended are kept, and how long. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Retention(
    @JsonPropertyDescription("Pods of successful builds that are kept.")
        @Default("1")
        @Min(0) @Max(100) Integer succeeded,
    @JsonPropertyDescription("Pods of builds that failed or were cancelled that are kept.")
        @Default("2")
        @Min(0) @Max(100) Integer failed,
    @JsonPropertyDescription(
            "Delete pods this long after they ended, whatever their number. Empty means never.")
        @Pattern("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$") @Size(max = 32) @Nullable String ttl,
    @JsonPropertyDescription(
            "Builds whose log is kept after their pod has been deleted: compressed, in a ConfigMap"
                + " <name>-log-<number>. 0 keeps none.")
        @Default("5")
        @Min(0) @Max(100) Integer logs) {

  /** One success, two failures, for ever; five logs. */
  public static final Retention STANDARD = new Retention(1, 2, null, 5);

  /** Applies the defaults, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Retention {
    succeeded = succeeded == null ? 1 : succeeded;
    failed = failed == null ? 2 : failed;
    logs = logs == null ? 5 : logs;
  }
}
