package dev.slipway.builder.registry;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Questions about IP addresses; nothing here asks a name server. */
final class Addresses {

  /** Where clouds serve a machine's own credentials, beside the link-local 169.254.169.254. */
  private static final List<String> METADATA = List.of("fd00:ec2::254", "100.100.100.200");

  private Addresses() {}

  /** The address that {@code host} writes, or empty where it is a name. */
  static Optional<InetAddress> literal(String host) {
    boolean numeric =
        host.indexOf(':') >= 0 || host.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.');
    if (host.isEmpty() || !numeric) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(host));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
  }

  /**
   * Whether a registry may send us there although it is not there itself. This machine, the link
   * and the metadata services of clouds answer everybody who comes from here, so that a foreign
   * registry could make us ask them on its behalf.
   */
  static boolean isSensitive(InetAddress address) {
    return address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isAnyLocalAddress()
        || address.isMulticastAddress()
        || METADATA.contains(plain(address));
  }

  static boolean inBlock(InetAddress address, String block) {
    int slash = block.indexOf('/');
    try {
      byte[] network = InetAddress.ofLiteral(block.substring(0, slash)).getAddress();
      int bits = Integer.parseInt(block.substring(slash + 1));
      byte[] bytes = address.getAddress();
      if (bytes.length != network.length || bits < 0 || bits > bytes.length * 8) {
        return false;
      }
      int whole = bits / 8;
      if (!Arrays.equals(bytes, 0, whole, network, 0, whole)) {
        return false;
      }
      int rest = bits % 8;
      return rest == 0 || ((bytes[whole] ^ network[whole]) & 0xff) >> (8 - rest) == 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String plain(InetAddress address) {
    try {
      // Without a zone, and IPv6 in the short form that the list uses.
      String text = InetAddress.getByAddress(address.getAddress()).getHostAddress();
      return text.equals("fd00:ec2:0:0:0:0:0:254") ? "fd00:ec2::254" : text;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has four or sixteen bytes", e);
    }
  }
}
