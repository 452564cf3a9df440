package dev.slipway.builder.network;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Questions about IP addresses; nothing here asks a name server. */
public final class Addresses {

  /** Where clouds serve a machine's own credentials, beside the link-local 169.254.169.254. */
  private static final List<InetAddress> METADATA =
      List.of(InetAddress.ofLiteral("100.100.100.200"), InetAddress.ofLiteral("fd00:ec2::254"));

  private Addresses() {}

  /** The address that {@code host} writes, or empty where it is a name. */
  public static Optional<InetAddress> literal(String host) {
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

  /** Whether {@code host}, in lower case, is this machine by its name or by its address. */
  public static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
  }

  /**
   * Whether an address answers everybody who comes from this machine, as the link and the metadata
   * services of clouds do: no build and no foreign server may make us ask there on its behalf.
   */
  public static boolean isOfTheLink(InetAddress address) {
    return address.isLinkLocalAddress()
        || address.isAnyLocalAddress()
        || address.isMulticastAddress()
        // Without the zone that a literal may carry.
        || METADATA.stream().anyMatch(m -> Arrays.equals(m.getAddress(), address.getAddress()));
  }

  /** Whether {@code block}, as in {@code 10.0.0.0/8}, holds the address; false if it is none. */
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
}
