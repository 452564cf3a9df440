package dev.slipway.builder.dockerfile;

import java.util.List;
import java.util.Locale;

/**
 * One word of {@code EXPOSE}: {@code [[ip:]hostPort:]port[-port][/protocol]}. What stands before
 * the port means nothing, but docker has always taken it.
 *
 * @param hasHost whether there is an address or a host port
 * @param protocol as written
 */
record PortSpec(int first, int last, String protocol, boolean hasHost) {
  private static final int MAX_PORT = 65_535;

  /**
   * Reads one word.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static PortSpec parse(String text) {
    int colon = text.lastIndexOf(':');
    String container = text.substring(colon + 1);
    int slash = container.indexOf('/');
    String ports = slash < 0 ? container : container.substring(0, slash);
    String protocol = slash < 0 ? "" : container.substring(slash + 1);
    if (ports.isEmpty()) {
      throw new IllegalArgumentException("no port specified");
    }
    switch (protocol.toLowerCase(Locale.ROOT)) {
      case "" -> protocol = "tcp";
      case "tcp", "udp", "sctp" -> {}
      default -> throw new IllegalArgumentException("invalid proto: " + protocol);
    }
    int[] range = range(ports);
    if (colon >= 0) {
      requireHost(text.substring(0, colon), range);
    }
    boolean hasHost = colon > 0 && !text.substring(0, colon).equals(":");
    return new PortSpec(range[0], range[1], protocol, hasHost);
  }

  private static void requireHost(String host, int[] container) {
    int colon = host.lastIndexOf(':');
    String port = host.substring(colon + 1);
    if (!port.isEmpty()) {
      int[] range = range(port);
      boolean sameSize = range[1] - range[0] == container[1] - container[0];
      if (!sameSize && container[0] != container[1]) {
        throw new IllegalArgumentException(
            "invalid ranges specified for container and host ports: they differ in size");
      }
    }
    String address = colon < 0 ? "" : host.substring(0, colon);
    if (address.startsWith("[") && address.endsWith("]")) {
      address = address.substring(1, address.length() - 1);
    }
    if (!address.isEmpty() && !isAddress(address)) {
      throw new IllegalArgumentException("invalid IP address: " + address);
    }
  }

  private static boolean isAddress(String text) {
    return text.contains(":")
        ? text.matches("[0-9a-fA-F:.]{2,45}")
        : text.matches("(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\\.(?!$)|$)){4}");
  }

  private static int[] range(String text) {
    int dash = text.indexOf('-');
    int first = port(dash < 0 ? text : text.substring(0, dash));
    int last = dash < 0 ? first : port(text.substring(dash + 1));
    if (last < first) {
      throw new IllegalArgumentException("invalid port range: " + text);
    }
    return new int[] {first, last};
  }

  private static int port(String text) {
    if (text.isEmpty() || text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("not a port number: \"" + text + "\"");
    }
    int port = Integer.parseInt(text);
    if (port > MAX_PORT) {
      throw new IllegalArgumentException("value out of range (0-65535): " + text);
    }
    return port;
  }

  void addTo(List<String> ports) {
    for (int port = first; port <= last; port++) {
      ports.add(port + "/" + protocol.toLowerCase(Locale.ROOT));
    }
  }
}
