package dev.slipway.builder.dockerfile;

import java.util.Set;

/**
 * Which checks run, from {@code # check=skip=...;error=true}.
 *
 * @param skip names of rules
 * @param error whether a finding fails the build
 * @param experimental names of experimental rules that run as well
 */
public record CheckOptions(
    Set<String> skip,
    boolean skipAll,
    boolean error,
    Set<String> experimental,
    boolean experimentalAll) {

  public static final CheckOptions DEFAULT =
      new CheckOptions(Set.of(), false, false, Set.of(), false);

  public CheckOptions {
    skip = Set.copyOf(skip);
    experimental = Set.copyOf(experimental);
  }
}
