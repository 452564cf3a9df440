package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes the table of {@code docs/conformance.md} from the cases, from what the peers did when the
 * goldens were captured ({@code references.json}) and from the known failures.
 */
final class Scoreboard {
  private static final String START = "<!-- scoreboard: made by `make conformance` -->\n";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Scoreboard() {}

  /** {@code document} with its scoreboard made anew. */
  static String of(Path cases, String document) throws IOException {
    int start = document.indexOf(START);
    if (start < 0) {
      throw new IOException("docs/conformance.md has lost its scoreboard marker");
    }
    return document.substring(0, start + START.length()) + table(cases);
  }

  private static String table(Path cases) throws IOException {
    JsonNode references = JSON.readTree(Files.readAllBytes(cases.resolve("references.json")));
    Map<String, String> known = KnownFailures.read(cases);
    List<CaseFolder> all = CaseFolder.all(cases);
    StringBuilder rows = new StringBuilder();
    Map<String, int[]> totals = new TreeMap<>();
    int asked = 0;
    for (CaseFolder folder : all) {
      JsonNode reference = references.path(folder.name());
      CaseSpec spec = folder.spec();
      String ours = known.containsKey(folder.name()) ? "no: " + known.get(folder.name()) : "yes";
      String buildKit = verdict(reference.path("buildkit").asText(), spec);
      if (spec.deviates() != null) {
        buildKit = "no: " + spec.deviates();
      }
      String buildah = verdict(reference.path("buildah").asText(), spec);
      count(totals, "slipway", ours);
      count(totals, "buildkit", buildKit);
      count(totals, "buildah", buildah);
      asked += buildah.equals("not run") ? 0 : 1;
      rows.append(
          "| `%s` | %s | %s | %s | %s |\n"
              .formatted(
                  folder.name(), cell(spec.about()), cell(ours), cell(buildKit), cell(buildah)));
    }
    JsonNode versions = references.path("versions");
    int passed = totals.getOrDefault("buildah", new int[1])[0];
    return "\n| | Slipway | BuildKit %s | buildah %s |\n|---|---|---|---|\n"
            .formatted(versions.path("buildkit").asText(), versions.path("buildah").asText())
        + "| of %d cases | %d | %d | %s |\n\n"
            .formatted(
                all.size(),
                totals.getOrDefault("slipway", new int[1])[0],
                totals.getOrDefault("buildkit", new int[1])[0],
                asked == all.size() ? passed : passed + " of " + asked)
        + "| Case | Behaviour | Slipway | BuildKit | buildah |\n|---|---|---|---|---|\n"
        + rows;
  }

  private static void count(Map<String, int[]> totals, String who, String verdict) {
    totals.computeIfAbsent(who, key -> new int[1])[0] += verdict.equals("yes") ? 1 : 0;
  }

  private static String verdict(String reference, CaseSpec spec) {
    return switch (reference) {
      case "" -> "not run";
      case "same" -> "yes";
      case "fails" -> spec.fails() == null ? "no: fails" : "yes";
      default -> "no: " + reference;
    };
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;");
  }
}
