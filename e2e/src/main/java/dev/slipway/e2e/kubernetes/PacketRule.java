package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A rule of the machine's packet filter.
 *
 * @param match what it is for and what it does, as iptables has it
 */
record PacketRule(String table, String chain, List<String> match) {
  PacketRule {
    match = List.copyOf(match);
  }

  /** As {@link #words} has it. */
  static PacketRule of(List<String> words) {
    return new PacketRule(words.get(0), words.get(1), words.subList(2, words.size()));
  }

  List<String> words() {
    return Stream.concat(Stream.of(table, chain), match.stream()).toList();
  }

  void insert() throws IOException {
    Commands.run(iptables("-I"));
  }

  /** Takes it away, if it is there. */
  void remove() throws IOException {
    if (Commands.succeeds(iptables("-C"))) {
      Commands.run(iptables("-D"));
    }
  }

  private List<String> iptables(String verb) {
    List<String> command = new ArrayList<>(List.of("iptables", "-w", "-t", table, verb, chain));
    command.addAll(match);
    return command;
  }
}
