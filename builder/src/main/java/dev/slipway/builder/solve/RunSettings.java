package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.flag.ByteSize;
import dev.slipway.builder.sandbox.Command;
import dev.slipway.builder.sandbox.Sandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What holds for every RUN of a build.
 *
 * @param network of steps that do not choose one
 * @param hostname that the user asks for
 * @param shmSize of {@code /dev/shm}, in bytes
 * @param insecureAllowed whether the user trusts the Dockerfile with {@code --security=insecure}
 */
record RunSettings(
    Supplier<Sandbox> opener,
    Command.Network network,
    Optional<String> hostname,
    List<Command.Host> hosts,
    long shmSize,
    List<Command.Ulimit> ulimits,
    boolean insecureAllowed) {
  private static final String INSECURE = "security.insecure";
  private static final Set<String> ENTITLEMENTS = Set.of(INSECURE, "network.host");

  /** Reads the flags. */
  static RunSettings of(
      BuildRequest.Execution execution, BuildKitArguments arguments, Supplier<Sandbox> opener) {
    Command.Network network =
        switch (execution.network()) {
          case "default", "host" -> Command.Network.HOST;
          case "none" -> Command.Network.NONE;
          default ->
              throw usage("--network " + execution.network() + ": use default, host or none");
        };
    List<Command.Host> hosts = new ArrayList<>();
    for (String text : execution.extraHosts()) {
      int colon = text.indexOf(text.contains("=") ? '=' : ':');
      if (colon < 1 || colon == text.length() - 1) {
        throw usage("--add-host " + text + ": it is not of the form HOST:IP");
      }
      String address = text.substring(colon + 1).replaceAll("^\\[|]$", "");
      hosts.add(new Command.Host(text.substring(0, colon), address));
    }
    List<Command.Ulimit> ulimits = new ArrayList<>();
    for (String text : execution.ulimits()) {
      ulimits.add(ulimit(text));
    }
    for (String name : execution.allow()) {
      if (!ENTITLEMENTS.contains(name)) {
        throw usage("--allow " + name + ": use security.insecure or network.host");
      }
    }
    long shmSize =
        execution
            .shmSize()
            .map(text -> ByteSize.ofMemory("--shm-size", text))
            .orElse(Command.DEFAULT_SHM_SIZE);
    return new RunSettings(
        opener,
        network,
        arguments.hostname(),
        List.copyOf(hosts),
        shmSize,
        List.copyOf(ulimits),
        execution.allow().contains(INSECURE));
  }

  Sandbox sandbox() {
    return opener.get();
  }

  Command.Network network(Run run) {
    return switch (run.network()) {
      case DEFAULT -> network;
      case HOST -> Command.Network.HOST;
      case NONE -> {
        if (!sandbox().capabilities().networkNone()) {
          throw cannot(run, "--network=none");
        }
        yield Command.Network.NONE;
      }
    };
  }

  Command.Security security(Run run) {
    return switch (run.security()) {
      case SANDBOX -> Command.Security.SANDBOX;
      case INSECURE -> {
        if (!insecureAllowed) {
          throw new BuildException(
              ErrorCode.UNSUPPORTED,
              "--security=insecure takes the sandbox away; if you trust this Dockerfile with"
                  + " the builder, build with --allow security.insecure",
              run.location());
        }
        if (!sandbox().capabilities().insecure()) {
          throw cannot(run, "--security=insecure");
        }
        yield Command.Security.INSECURE;
      }
    };
  }

  private BuildException cannot(Run run, String flag) {
    return new BuildException(
        ErrorCode.UNSUPPORTED,
        flag + " is not possible in the isolation tier " + sandbox().tier().label(),
        run.location());
  }

  private static Command.Ulimit ulimit(String text) {
    String[] parts = text.split("[=:]", -1);
    try {
      if (parts.length == 2 || parts.length == 3) {
        return new Command.Ulimit(
            parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[parts.length - 1]));
      }
    } catch (NumberFormatException e) {
      throw usage("--ulimit " + text + ": " + e.getMessage());
    }
    throw usage("--ulimit " + text + ": it is not of the form NAME=SOFT[:HARD]");
  }

  private static BuildException usage(String message) {
    return new BuildException(ErrorCode.USAGE, message);
  }
}
