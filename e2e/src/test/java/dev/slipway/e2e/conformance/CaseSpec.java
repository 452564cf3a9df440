package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code case.json} says. Only {@code about} is required.
 *
 * @param about the one behaviour that the case holds, in one line
 * @param file the Dockerfile as a path among the files of the build; without it, the one beside
 *     case.json
 * @param contexts named contexts: a folder {@code contexts/NAME} of the case where the value is
 *     {@code dir}, otherwise a reference such as {@code docker-image://base}
 * @param remoteContext a URL in place of the case's own files
 * @param setup what Git cannot hold: see {@link SetupEntry}
 * @param root why an ordinary user cannot run it, null if one can
 * @param fails how it must fail, null if it must build
 * @param deviates why the golden is not what BuildKit makes, null if it is
 * @param seeds rows of the table of seeds that this case stands for
 */
record CaseSpec(
    String about,
    @Nullable String file,
    @Nullable String target,
    @Nullable String platform,
    @Nullable String network,
    Map<String, String> buildArgs,
    Map<String, String> secrets,
    Map<String, String> contexts,
    Map<String, String> labels,
    List<String> addHosts,
    @Nullable String remoteContext,
    List<SetupEntry> setup,
    @Nullable String root,
    @Nullable Fails fails,
    @Nullable String deviates,
    List<Integer> seeds) {

  /**
   * A failure as users see it.
   *
   * @param reason the name of the error code, as in the result document
   * @param message a regular expression found in the message
   * @param line the line of the Dockerfile, 0 where there is none
   * @param exitCode of the RUN step, null where none ran
   */
  record Fails(String reason, String message, int line, @Nullable Integer exitCode) {}

  @JsonCreator
  CaseSpec(
      @JsonProperty(value = "about", required = true) String about,
      @JsonProperty("file") @Nullable String file,
      @JsonProperty("target") @Nullable String target,
      @JsonProperty("platform") @Nullable String platform,
      @JsonProperty("network") @Nullable String network,
      @JsonProperty("buildArgs") @Nullable Map<String, String> buildArgs,
      @JsonProperty("secrets") @Nullable Map<String, String> secrets,
      @JsonProperty("contexts") @Nullable Map<String, String> contexts,
      @JsonProperty("labels") @Nullable Map<String, String> labels,
      @JsonProperty("addHosts") @Nullable List<String> addHosts,
      @JsonProperty("remoteContext") @Nullable String remoteContext,
      @JsonProperty("setup") @Nullable List<SetupEntry> setup,
      @JsonProperty("root") @Nullable String root,
      @JsonProperty("fails") @Nullable Fails fails,
      @JsonProperty("deviates") @Nullable String deviates,
      @JsonProperty("seeds") @Nullable List<Integer> seeds) {
    this.about = about;
    this.file = file;
    this.target = target;
    this.platform = platform;
    this.network = network;
    this.buildArgs = buildArgs == null ? Map.of() : Map.copyOf(buildArgs);
    this.secrets = secrets == null ? Map.of() : Map.copyOf(secrets);
    this.contexts = contexts == null ? Map.of() : Map.copyOf(contexts);
    this.labels = labels == null ? Map.of() : Map.copyOf(labels);
    this.addHosts = addHosts == null ? List.of() : List.copyOf(addHosts);
    this.remoteContext = remoteContext;
    this.setup = setup == null ? List.of() : List.copyOf(setup);
    this.root = root;
    this.fails = fails;
    this.deviates = deviates;
    this.seeds = seeds == null ? List.of() : List.copyOf(seeds);
  }
}
