package dev.slipway.builder.registry;

import dev.slipway.builder.network.Addresses;
import java.net.InetAddress;
import java.net.URI;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where and how a registry is really spoken to.
 *
 * @param name under which logins for it are looked up: {@code docker.io}, {@code mirror:5000}
 * @param base scheme, host and port
 * @param repositoryPrefix put before every repository name, as mirrors may want; with a slash at
 *     its end, or empty
 * @param verify whether its TLS certificate is checked
 * @param insecure whether plain HTTP was allowed for it
 */
record Endpoint(String name, URI base, String repositoryPrefix, boolean verify, boolean insecure) {

  /** Of the parts that differ. What a record has by itself takes a start some milliseconds. */
  @Override
  public int hashCode() {
    return 31 * base.hashCode() + name.hashCode();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Endpoint that
        && name.equals(that.name)
        && base.equals(that.base)
        && repositoryPrefix.equals(that.repositoryPrefix)
        && verify == that.verify
        && insecure == that.insecure;
  }

  /** The name of a repository here. */
  String repository(String name) {
    return repositoryPrefix + name;
  }

  URI uri(String path) {
    return base.resolve("/v2/" + path);
  }

  URI repositoryUri(String name, String path) {
    return uri(repository(name) + "/" + path);
  }

  /** Host and port as the user knows them. */
  String authority() {
    return base.getAuthority();
  }

  boolean sameOrigin(URI uri) {
    return base.getScheme().equals(uri.getScheme())
        && bareHost(base).equalsIgnoreCase(bareHost(uri))
        && port(base) == port(uri);
  }

  /**
   * The addresses that this registry may send us to with {@code target}. Its own host, whatever its
   * address, was the user's choice. One that is itself on this machine may name neighbours here.
   */
  Predicate<InetAddress> allowedAddresses(URI target) {
    if (bareHost(base).equalsIgnoreCase(bareHost(target))) {
      return address -> true;
    }
    boolean local = Addresses.isLoopback(bareHost(base).toLowerCase(Locale.ROOT));
    return address -> address.isLoopbackAddress() ? local : !Addresses.isOfTheLink(address);
  }

  /** The host without the brackets of IPv6. */
  static String bareHost(URI uri) {
    String host = uri.getHost() == null ? "" : uri.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
  }
}
