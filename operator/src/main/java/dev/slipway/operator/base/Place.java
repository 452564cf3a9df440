package dev.slipway.operator.base;

/**
 * Where an image can be asked for.
 *
 * @param host host and port
 * @param prefix path before the repository, with its slash; empty for none
 * @param insecure whether TLS, or its certificate, may be missing
 */
record Place(String host, String prefix, boolean insecure) {

  /** A mirror as the platform names it: {@code [http[s]://]host[:port][/prefix]}. */
  static Place mirror(String text, boolean insecure) {
    boolean plain = text.startsWith("http://");
    String rest = text.replaceFirst("^https?://", "").replaceFirst("/+$", "");
    int slash = rest.indexOf('/');
    return slash < 0
        ? new Place(rest, "", plain || insecure)
        : new Place(rest.substring(0, slash), rest.substring(slash + 1) + "/", plain || insecure);
  }

  String repository(ImageName image) {
    return prefix + image.repository();
  }
}
