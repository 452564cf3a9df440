package dev.slipway.builder.sandbox;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a step runs.
 *
 * @param argv the first element is looked up in the {@code PATH} of {@code environment} unless it
 *     has a slash
 * @param environment everything the process gets: nothing of the builder's leaks in
 * @param workdir absolute; must exist
 * @param mounts made in this order, so that a later one may be below an earlier one
 * @param hostname of the step's own UTS namespace
 * @param hosts more lines of {@code /etc/hosts}
 * @param shmSize of {@code /dev/shm}, in bytes
 */
public record Command(
    List<String> argv,
    Map<String, String> environment,
    String workdir,
    User user,
    List<Mount> mounts,
    Network network,
    Security security,
    String hostname,
    List<Host> hosts,
    long shmSize,
    List<Ulimit> ulimits) {

  /** The path that applies where an image sets none. */
  public static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  public static final String DEFAULT_HOSTNAME = "slipway";
  public static final long DEFAULT_SHM_SIZE = 64L << 20;

  public Command {
    if (argv.isEmpty()) {
      throw new IllegalArgumentException("a command has at least one word");
    }
    argv = List.copyOf(argv);
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    mounts = List.copyOf(mounts);
    hosts = List.copyOf(hosts);
    ulimits = List.copyOf(ulimits);
  }

  /** Run by root in {@code /}, with the network of the builder and nothing mounted. */
  public static Command of(List<String> argv, Map<String, String> environment) {
    return new Command(
        argv,
        environment,
        "/",
        User.ROOT,
        List.of(),
        Network.HOST,
        Security.SANDBOX,
        DEFAULT_HOSTNAME,
        List.of(),
        DEFAULT_SHM_SIZE,
        List.of());
  }

  public Command withWorkdir(String value) {
    return new Command(
        argv,
        environment,
        value,
        user,
        mounts,
        network,
        security,
        hostname,
        hosts,
        shmSize,
        ulimits);
  }

  public Command withUser(User value) {
    return new Command(
        argv,
        environment,
        workdir,
        value,
        mounts,
        network,
        security,
        hostname,
        hosts,
        shmSize,
        ulimits);
  }

  public Command withMounts(List<Mount> value) {
    return new Command(
        argv,
        environment,
        workdir,
        user,
        value,
        network,
        security,
        hostname,
        hosts,
        shmSize,
        ulimits);
  }

  public Command withNetwork(Network value) {
    return new Command(
        argv,
        environment,
        workdir,
        user,
        mounts,
        value,
        security,
        hostname,
        hosts,
        shmSize,
        ulimits);
  }

  public Command withSecurity(Security value) {
    return new Command(
        argv,
        environment,
        workdir,
        user,
        mounts,
        network,
        value,
        hostname,
        hosts,
        shmSize,
        ulimits);
  }

  /**
   * Whom a step runs as, in numbers.
   *
   * @param groups supplementary group ids
   */
  public record User(int uid, int gid, List<Integer> groups) {
    public static final User ROOT = new User(0, 0, List.of());

    public User {
      groups = List.copyOf(groups);
    }
  }

  /** Which network a step has. */
  public enum Network {
    /** The builder's own. */
    HOST,
    /** A loopback interface and nothing else. */
    NONE
  }

  /** Which privileges a step has. */
  public enum Security {
    /** Docker's default capabilities. */
    SANDBOX,
    /** Every capability that the builder's user namespace has. */
    INSECURE
  }

  /** A line of {@code /etc/hosts}. */
  public record Host(String name, String address) {}

  /**
   * A resource limit.
   *
   * @param name as {@code ulimit} flags of docker name it: {@code nofile}, {@code nproc}, ...
   * @param hard -1 for none, and {@code soft} likewise
   */
  public record Ulimit(String name, long soft, long hard) {}
}
