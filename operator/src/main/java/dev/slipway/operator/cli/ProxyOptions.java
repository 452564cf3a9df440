package dev.slipway.operator.cli;

import java.net.URI;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The HTTP proxies of the platform: for the operator's own questions to Git servers and registries,
 * and for builder pods with their RUN steps.
 */
final class ProxyOptions {
  @Option(
      names = "--http-proxy",
      paramLabel = "URL",
      defaultValue = "${env:HTTP_PROXY}",
      description = "Proxy for http, of the operator and of builder pods; none if absent.")
  @Nullable String http;

  @Option(
      names = "--https-proxy",
      paramLabel = "URL",
      defaultValue = "${env:HTTPS_PROXY}",
      description = "Proxy for https, of the operator and of builder pods; none if absent.")
  @Nullable String https;

  @Option(
      names = "--no-proxy",
      split = ",",
      paramLabel = "HOST",
      defaultValue = "${env:NO_PROXY}",
      description = "Hosts, .domains and addresses that are reached without a proxy.")
  List<String> none = List.of();

  /** As builder pods get them. */
  Map<String, String> environment() {
    Map<String, String> env = new LinkedHashMap<>();
    if (http != null) {
      env.put("HTTP_PROXY", http);
    }
    if (https != null) {
      env.put("HTTPS_PROXY", https);
    }
    if (!none.isEmpty() && !env.isEmpty()) {
      env.put("NO_PROXY", String.join(",", none));
    }
    return env;
  }

  /**
   * Lets everything in this process that speaks HTTP use them. The API server is never behind one:
   * the client of Kubernetes has settings of its own.
   *
   * @param apiServer host of the API server
   * @throws IllegalArgumentException if a proxy is not a URL with a host
   */
  void install(String apiServer) {
    proxy("http", http, 80);
    proxy("https", https, 443);
    if (http != null || https != null) {
      System.setProperty("http.nonProxyHosts", withoutProxy(none, apiServer));
    }
  }

  private static void proxy(String scheme, @Nullable String url, int standard) {
    if (url == null) {
      return;
    }
    URI uri = URI.create(url.contains("://") ? url : "http://" + url);
    if (uri.getHost() == null) {
      throw new IllegalArgumentException(
          "--" + scheme + "-proxy: " + url + " is not a URL such as http://proxy.example.com:3128");
    }
    System.setProperty(scheme + ".proxyHost", uri.getHost());
    System.setProperty(
        scheme + ".proxyPort", Integer.toString(uri.getPort() < 0 ? standard : uri.getPort()));
  }

  /** {@code .example.com} and {@code example.com} in the form of the JDK, which knows no CIDR. */
  static String withoutProxy(List<String> none, String apiServer) {
    return Stream.concat(
            Stream.of("localhost", "127.*", "[::1]", apiServer),
            none.stream()
                .map(String::strip)
                .filter(host -> !host.isEmpty())
                .flatMap(ProxyOptions::patterns))
        .distinct()
        .collect(Collectors.joining("|"));
  }

  private static Stream<String> patterns(String host) {
    if (host.equals("*")) {
      return Stream.of("*");
    }
    int slash = host.indexOf('/');
    if (slash > 0) {
      return network(host.substring(0, slash), host.substring(slash + 1));
    }
    String name = host.replaceFirst("^\\*?\\.", "").replaceFirst(":[0-9]+$", "");
    return name.matches("[0-9.]+") ? Stream.of(name) : Stream.of(name, "*." + name);
  }

  /** Only whole bytes can be said: 10.0.0.0/8 is 10.*, and 172.16.0.0/12 becomes sixteen. */
  private static Stream<String> network(String address, String length) {
    String[] bytes = address.split("\\.", -1);
    if (bytes.length != 4 || !length.matches("[0-9]{1,2}")) {
      return Stream.empty();
    }
    int bits = Integer.parseInt(length);
    if (bits >= 32) {
      return Stream.of(address);
    }
    int whole = bits / 8;
    String prefix =
        Arrays.stream(bytes).limit(whole).map(b -> b + ".").collect(Collectors.joining());
    int rest = bits % 8;
    if (rest == 0) {
      return Stream.of(prefix + "*");
    }
    int first = Integer.parseInt(bytes[whole]) & (0xff << (8 - rest));
    return Stream.iterate(first, n -> n < first + (1 << (8 - rest)), n -> n + 1)
        .map(n -> prefix + n + (whole == 3 ? "" : ".*"));
  }
}
