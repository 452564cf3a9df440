package dev.slipway.builder.cli;

import java.nio.channels.spi.SelectorProvider;

/**
 * Names what the JDK and libraries would otherwise look for on the class path. Whoever asks for
 * something that is not there reads the directories of all jars, and that is a sixth of what a
 * build with nothing to do costs.
 */
final class Providers {
  /** The one that a JDK on Linux has. */
  private static final String EPOLL = "sun.nio.ch.EPollSelectorProvider";

  private Providers() {}

  /** Before anything else of this program. */
  static void name() {
    System.setProperty("slf4j.provider", Logs.Provider.class.getName());
    System.setProperty("slf4j.internal.verbosity", "WARN"); // else it tells that it was told
    System.setProperty("picocli.disable.closures", "true"); // those of Groovy
    try {
      Class<?> there = Class.forName(EPOLL, false, null);
      System.setProperty(SelectorProvider.class.getName(), there.getName());
    } catch (ClassNotFoundException e) {
      return; // another JDK: it finds its own
    }
  }
}
