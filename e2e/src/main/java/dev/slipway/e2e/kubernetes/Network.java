package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The addresses of one cluster on this machine. Pods have the lower half of a network, Services the
 * upper one. The first address of each half belongs to the machine's loopback interface: pods reach
 * what listens there through their default route, and so do the machine's own programs, by the same
 * name. So the API server is at the address of its Service, and no proxy is needed for it.
 *
 * @param number tells the clusters of one machine apart
 */
record Network(int number) {
  private static final int CLUSTERS = 64;
  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");

  /** Takes the first free network and sets up its addresses and its way to the world. */
  static Network open(Footprint footprint) throws IOException {
    Network network = claim(footprint);
    network.own(network.firstService(), footprint);
    if (Files.readString(FORWARDING).strip().equals("0")) {
      // Other clusters may have come to need it when this one ends; it stays.
      Files.writeString(FORWARDING, "1");
    }
    String pods = network.pods();
    network.rule(
        footprint, "nat", "POSTROUTING", "-s", pods, "!", "-d", network.all(), "-j", "MASQUERADE");
    network.rule(footprint, "filter", "FORWARD", "-s", pods, "-j", "ACCEPT");
    network.rule(footprint, "filter", "FORWARD", "-d", pods, "-j", "ACCEPT");
    return network;
  }

  /** Adding an address is atomic: whoever succeeds has the network. */
  private static Network claim(Footprint footprint) throws IOException {
    for (int i = 0; ; i++) {
      Network network = new Network(i);
      try {
        network.own(network.host(), footprint);
        return network;
      } catch (IOException e) {
        // Another cluster has it; or this user may not, or there is no such program.
        if (i + 1 == CLUSTERS || !taken(network.host())) {
          throw e;
        }
      }
    }
  }

  private static boolean taken(String address) throws IOException {
    return NetworkInterface.getByInetAddress(InetAddress.getByName(address)) != null;
  }

  private void own(String address, Footprint footprint) throws IOException {
    // Written down afterwards, unlike all else: until it is ours, undoing would take another's.
    Commands.run("ip", "address", "add", address + "/32", "dev", "lo");
    footprint.command("ip", "address", "del", address + "/32", "dev", "lo");
  }

  private void rule(Footprint footprint, String table, String chain, String... match)
      throws IOException {
    PacketRule rule = new PacketRule(table, chain, List.of(match));
    footprint.rule(rule);
    rule.insert();
  }

  private String address(int last) {
    return "10.213." + number + "." + last;
  }

  private String all() {
    return address(0) + "/24";
  }

  String pods() {
    return address(0) + "/25";
  }

  /** This machine, as pods see it. */
  String host() {
    return address(1);
  }

  String services() {
    return address(128) + "/25";
  }

  /** The API server. */
  String firstService() {
    return address(129);
  }

  /** A configuration of the reference plugins that Debian packages. */
  String cni(Path data) {
    return """
    {
      "cniVersion": "1.0.0",
      "name": "slipway-%d",
      "plugins": [{
        "type": "ptp",
        "ipam": {
          "type": "host-local",
          "dataDir": "%s",
          "ranges": [[{"subnet": "%s", "rangeStart": "%s", "gateway": "%s"}]],
          "routes": [{"dst": "0.0.0.0/0"}]
        }
      }]
    }
    """
        .formatted(number, data, pods(), address(10), host());
  }
}
