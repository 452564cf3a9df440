package dev.slipway.builder.source;

import dev.slipway.builder.network.Addresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Which addresses a build may fetch from. A Dockerfile is written by a tenant, but the requests of
 * ADD and of contexts come from the builder: without a check they would reach what only the node
 * may reach.
 *
 * <p>The JDK caches a resolved name for seconds (networkaddress.cache.ttl), so the connection that
 * follows a check goes to an address that was checked. Behind a proxy only literal addresses are
 * checked: there the proxy resolves names, and is the place for such rules.
 */
public enum AddressPolicy {
  /**
   * Cloud metadata services, link-local, multicast and unspecified addresses are refused; private
   * networks are allowed, because that is where a cluster's own servers are. A redirect may not
   * lead from a public address to a private one.
   */
  NO_METADATA,
  /** Only addresses of the public internet. */
  PUBLIC_ONLY;

  /** A refusal by this policy; never worth a retry. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * Checks a host that a user named.
   *
   * @param host a name or a literal address, IPv6 with or without brackets
   * @return whether all its addresses are public
   * @throws IOException where it is refused or has no address
   */
  boolean check(String host) throws IOException {
    boolean isPublic = true;
    for (InetAddress address : resolve(host)) {
      if (Addresses.isOfTheLink(address)) {
        throw new Refused(
            "the address " + address.getHostAddress() + " of " + host + " is not open to builds");
      }
      isPublic &= !isPrivate(address);
    }
    if (this == PUBLIC_ONLY && !isPublic) {
      throw new Refused(
          host + " has a private address, and this builder fetches from public ones only");
    }
    return isPublic;
  }

  /** Checks the target of a redirect: as {@link #check}, and public leads to public only. */
  boolean checkRedirect(String host, boolean fromPublic) throws IOException {
    boolean isPublic = check(host);
    if (fromPublic && !isPublic) {
      throw new Refused("a public server redirects to " + host + ", which has a private address");
    }
    return isPublic;
  }

  private static InetAddress[] resolve(String host) throws UnknownHostException {
    return InetAddress.getAllByName(host);
  }

  private static boolean isPrivate(InetAddress address) {
    byte[] b = address.getAddress();
    boolean uniqueLocal = b.length == 16 && (b[0] & 0xfe) == 0xfc;
    boolean carrierGrade = b.length == 4 && b[0] == 100 && (b[1] & 0xc0) == 64;
    return address.isLoopbackAddress()
        || address.isSiteLocalAddress()
        || uniqueLocal
        || carrierGrade;
  }
}
