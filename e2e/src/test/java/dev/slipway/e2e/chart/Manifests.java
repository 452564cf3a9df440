package dev.slipway.e2e.chart;

/** The chart as a file for {@code kubectl apply}, for those who have no Helm. */
final class Manifests {
  private static final String HEADER =
      """
      # Generated from charts/slipway by `make manifests`. Do not edit.
      #
      #   kubectl apply --server-side -f deploy/slipway.yaml
      apiVersion: v1
      kind: Namespace
      metadata:
        name: slipway-system
        labels:
          app.kubernetes.io/part-of: slipway
          pod-security.kubernetes.io/enforce: restricted
      """;

  private Manifests() {}

  static String ofChart(String rendered) {
    StringBuilder yaml = new StringBuilder(HEADER);
    boolean begun = false;
    for (String line : rendered.lines().toList()) {
      if (line.matches("\\s+helm\\.sh/chart: .*")) {
        continue;
      }
      // Until the first document there is nothing to separate.
      begun = begun || line.equals("---");
      if (begun && !line.startsWith("# Source:")) {
        yaml.append(line.replace("managed-by: Helm", "managed-by: kubectl")).append('\n');
      }
    }
    return yaml.toString();
  }
}
