package dev.slipway.builder.cli;

import java.util.concurrent.Callable;

/** One of the commands of {@code slipway}: what it takes, and what it does; its exit code. */
interface Subcommand extends Callable<Integer> {
  /** Says what it takes, before a command line is read. */
  void declare(Flags flags);
}
