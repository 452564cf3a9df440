package dev.slipway.e2e.conformance;

/**
 * Where the peers of this run listen.
 *
 * @param registry {@code host:port}
 */
record Addresses(String registry) {

  /** Puts addresses where a case says {@code {files}}, {@code {git}} or {@code {registry}}. */
  String resolve(String text) {
    return text.replace("{files}", files()).replace("{git}", git()).replace("{registry}", registry);
  }

  /** The reverse of {@link #resolve}, so that no golden holds a port. */
  String generalize(String text) {
    return text.replace(files(), "{files}").replace(git(), "{git}").replace(registry, "{registry}");
  }

  private String files() {
    return "http://" + registry + "/files";
  }

  private String git() {
    return "http://" + registry + "/git";
  }
}
