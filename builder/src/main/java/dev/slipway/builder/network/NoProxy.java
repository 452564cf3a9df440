package dev.slipway.builder.network;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is asked without a proxy, with the meaning that Go gives {@code NO_PROXY} (<a
 * href="https://pkg.go.dev/golang.org/x/net/http/httpproxy">httpproxy</a>): names cover their
 * subdomains, addresses and CIDR blocks are known, an entry may end with a port, {@code *} is
 * everything, and this machine is never asked through a proxy.
 *
 * @param entries in lower case, none of them blank
 */
public record NoProxy(List<String> entries) {

  public NoProxy {
    entries = List.copyOf(entries);
  }

  /** Reads the value of {@code NO_PROXY}: entries with commas between them. */
  public static NoProxy of(String value) {
    return new NoProxy(
        Stream.of(value.split(",", -1))
            .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
            .filter(entry -> !entry.isEmpty())
            .toList());
  }

  /**
   * Whether a host is asked directly.
   *
   * @param host a name or an address, without brackets
   */
  public boolean covers(String host, int port) {
    String name = host.toLowerCase(Locale.ROOT);
    Optional<InetAddress> address = Addresses.literal(name);
    if (name.equals("localhost") || address.map(InetAddress::isLoopbackAddress).orElse(false)) {
      return true;
    }
    return entries.stream().anyMatch(entry -> matches(entry, name, port, address));
  }

  private static boolean matches(
      String entry, String host, int port, Optional<InetAddress> address) {
    if (entry.equals("*")) {
      return true;
    }
    if (entry.indexOf('/') > 0) {
      return address.isPresent() && Addresses.inBlock(address.get(), entry);
    }
    String name = entry;
    int colon = entry.lastIndexOf(':');
    if (colon > 0 && entry.indexOf(':') == colon) {
      if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    return name.startsWith(".")
        ? host.endsWith(name)
        : host.equals(name) || host.endsWith("." + name);
  }
}
