package dev.slipway.builder.registry;

import dev.slipway.builder.network.Addresses;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Where a registry may send us: the rules for redirects, upload locations and token services. */
final class Targets {

  private Targets() {}

  /**
   * The place that a {@code Location} header names.
   *
   * @param from the request that was answered
   * @throws UnsafeTargetException where we do not go there
   */
  static URI location(Endpoint endpoint, URI from, String location) throws UnsafeTargetException {
    URI target;
    try {
      target = from.resolve(URI.create(location.strip()));
    } catch (IllegalArgumentException e) {
      throw new UnsafeTargetException(endpoint.authority() + " sends us to an invalid URL");
    }
    // A registry behind a proxy that ends TLS often does not know that it is spoken to with TLS.
    boolean home = Endpoint.bareHost(endpoint.base()).equalsIgnoreCase(Endpoint.bareHost(target));
    if (home && "http".equals(target.getScheme()) && "https".equals(from.getScheme())) {
      String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
      return endpoint.base().resolve(target.getRawPath() + query);
    }
    check(endpoint, from, target, "sends us to ");
    return target;
  }

  /**
   * The token service that a challenge names.
   *
   * @param withLogin whether a login will be shown there
   * @param trusted hosts of other domains that may see it
   */
  static URI realm(Endpoint endpoint, String realm, boolean withLogin, Set<String> trusted)
      throws UnsafeTargetException {
    URI target;
    try {
      target = URI.create(realm.strip());
    } catch (IllegalArgumentException e) {
      throw new UnsafeTargetException(endpoint.authority() + " names an invalid token service");
    }
    check(endpoint, endpoint.base(), target, "wants tokens from ");
    String host = Endpoint.bareHost(target).toLowerCase(Locale.ROOT);
    String own = Endpoint.bareHost(endpoint.base()).toLowerCase(Locale.ROOT);
    if (withLogin && !sameSite(own, host) && !trusted.contains(host)) {
      throw new UnsafeTargetException(
          endpoint.authority()
              + " wants its password shown to "
              + host
              + ", which belongs to another domain; allow that with --registry-token-host "
              + host);
    }
    if (withLogin
        && !"https".equals(target.getScheme())
        && !own.equals(host)
        && !(Addresses.isLoopback(own) && Addresses.isLoopback(host))) {
      throw new UnsafeTargetException(
          endpoint.authority() + " wants its password shown to " + host + " over plain HTTP");
    }
    return target;
  }

  private static void check(Endpoint endpoint, URI from, URI target, String verb)
      throws UnsafeTargetException {
    String scheme = String.valueOf(target.getScheme()).toLowerCase(Locale.ROOT);
    String host = Endpoint.bareHost(target);
    String where = scheme + "://" + host;
    if (!List.of("http", "https").contains(scheme) || host.isEmpty()) {
      throw new UnsafeTargetException(endpoint.authority() + " " + verb + "something but HTTP");
    }
    if (target.getRawUserInfo() != null) {
      throw new UnsafeTargetException(
          endpoint.authority() + " " + verb + where + " with a login of its own in the URL");
    }
    if ("https".equals(from.getScheme()) && !scheme.equals("https")) {
      throw new UnsafeTargetException(
          endpoint.authority() + " " + verb + where + ", away from HTTPS");
    }
    // Names are judged by the address that is connected to; through a proxy only literals can be.
    if (Addresses.literal(host)
        .filter(address -> !endpoint.allowedAddresses(target).test(address))
        .isPresent()) {
      throw new UnsafeTargetException(
          endpoint.authority() + " " + verb + where + ", an address of this machine or its link");
    }
  }

  /**
   * Whether two hosts belong together: equal, both on this machine, or of one domain. Two labels
   * stand for the domain, so the check is generous under {@code co.uk}; the login that is at stake
   * is one that the registry was entrusted with anyway.
   */
  static boolean sameSite(String one, String other) {
    if (one.equals(other) || (Addresses.isLoopback(one) && Addresses.isLoopback(other))) {
      return true;
    }
    if (Addresses.literal(one).isPresent() || Addresses.literal(other).isPresent()) {
      return false;
    }
    String domain = domain(one);
    return domain.indexOf('.') > 0 && domain.equals(domain(other));
  }

  private static String domain(String host) {
    int last = host.lastIndexOf('.');
    int before = last <= 0 ? -1 : host.lastIndexOf('.', last - 1);
    return host.substring(before + 1);
  }
}
