package dev.slipway.builder.source;

import java.io.File;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.SshConfigStore;
import org.eclipse.jgit.transport.SshConstants;
import org.eclipse.jgit.transport.sshd.KeyPasswordProvider;
import org.eclipse.jgit.transport.sshd.ServerKeyDatabase;
import org.eclipse.jgit.transport.sshd.SshdSessionFactory;
import org.eclipse.jgit.transport.sshd.agent.ConnectorFactory;
import org.eclipse.jgit.util.FS;
import org.jspecify.annotations.Nullable;

/**
 * SSH sessions of JGit with a mounted key and known_hosts. A host whose key is not listed is
 * refused, never trusted at first sight; the refusal remembers the line that would accept it.
 *
 * <p>Without a mounted key the user's own {@code ~/.ssh} serves, as with git itself.
 */
final class GitSsh extends SshdSessionFactory {
  private final Optional<Path> key;
  private final Optional<Path> knownHosts;
  private volatile @Nullable String refusedLine;

  GitSsh(GitCredentials credentials) {
    super(null, null);
    this.key = credentials.sshKey();
    this.knownHosts = credentials.knownHosts();
  }

  /** The known_hosts line of the host that was refused last, if one was. */
  Optional<String> refusedLine() {
    return Optional.ofNullable(refusedLine);
  }

  /** What the user's own settings call {@code host}, where they have a say. */
  String realName(String host) {
    File home = FS.DETECTED.userHome();
    SshConfigStore config =
        home == null ? null : createSshConfigStore(home, new File(home, ".ssh/config"), null);
    String name =
        config == null ? null : config.lookup(host, -1, null).getValue(SshConstants.HOST_NAME);
    return name == null || name.isEmpty() ? host : name;
  }

  private boolean mounted() {
    return key.isPresent() || knownHosts.isPresent();
  }

  @Override
  protected @Nullable SshConfigStore createSshConfigStore(
      File homeDir, @Nullable File configFile, @Nullable String localUserName) {
    // The builder's own ~/.ssh/config must not bend a build with mounted credentials.
    return mounted() ? null : super.createSshConfigStore(homeDir, configFile, localUserName);
  }

  @Override
  protected List<Path> getDefaultIdentities(File sshDir) {
    return mounted() ? key.map(List::of).orElse(List.of()) : super.getDefaultIdentities(sshDir);
  }

  @Override
  protected List<Path> getDefaultKnownHostsFiles(File sshDir) {
    return mounted()
        ? knownHosts.map(List::of).orElse(List.of())
        : super.getDefaultKnownHostsFiles(sshDir);
  }

  @Override
  protected @Nullable ConnectorFactory getConnectorFactory() {
    return mounted() ? null : super.getConnectorFactory();
  }

  @Override
  protected String getDefaultPreferredAuthentications() {
    return "publickey";
  }

  @Override
  protected KeyPasswordProvider createKeyPasswordProvider(CredentialsProvider provider) {
    return new NoPassword();
  }

  @Override
  protected ServerKeyDatabase createServerKeyDatabase(File homeDir, File sshDir) {
    ServerKeyDatabase known = super.createServerKeyDatabase(homeDir, sshDir);
    return new ServerKeyDatabase() {
      @Override
      public List<PublicKey> lookup(
          String connectAddress, InetSocketAddress remote, Configuration config) {
        return known.lookup(connectAddress, remote, config);
      }

      @Override
      public boolean accept(
          String connectAddress,
          InetSocketAddress remote,
          PublicKey serverKey,
          Configuration config,
          @Nullable CredentialsProvider provider) {
        boolean accepted = listed(connectAddress, remote, serverKey, config);
        if (!accepted) {
          refusedLine = hostPattern(connectAddress) + " " + PublicKeyEntry.toString(serverKey);
        }
        return accepted;
      }

      // JGit's own accept() would also take new keys where ~/.ssh/config says so.
      private boolean listed(
          String connectAddress,
          InetSocketAddress remote,
          PublicKey serverKey,
          Configuration config) {
        List<PublicKey> keys = new ArrayList<>(known.lookup(connectAddress, remote, config));
        return KeyUtils.findMatchingKey(serverKey, Collections.unmodifiableList(keys)) != null
            && known.accept(connectAddress, remote, serverKey, config, null);
      }
    };
  }

  /** "host:port" as known_hosts spells it: the port only where it is not 22. */
  private static String hostPattern(String connectAddress) {
    int colon = connectAddress.lastIndexOf(':');
    if (colon < 0) {
      return connectAddress;
    }
    String host = connectAddress.substring(0, colon).replace("[", "").replace("]", "");
    String port = connectAddress.substring(colon + 1);
    return port.equals("22") ? host : "[" + host + "]:" + port;
  }

  /** Keys with a passphrase cannot be used: nobody is there to type it. */
  private static final class NoPassword implements KeyPasswordProvider {
    @Override
    public char @Nullable [] getPassphrase(org.eclipse.jgit.transport.URIish uri, int attempt) {
      return null;
    }

    @Override
    public void setAttempts(int maxNumberOfAttempts) {}

    @Override
    public boolean keyLoaded(
        org.eclipse.jgit.transport.URIish uri, int attempt, @Nullable Exception error) {
      return false;
    }
  }
}
