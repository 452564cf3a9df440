package dev.slipway.operator.source;

import java.io.File;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.SshConfigStore;
import org.eclipse.jgit.transport.sshd.ServerKeyDatabase;
import org.eclipse.jgit.transport.sshd.SshdSessionFactory;
import org.eclipse.jgit.transport.sshd.agent.ConnectorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sessions with these keys and known hosts, and nothing of the machine they run on. A host whose
 * key is not listed is refused, and the refusal remembers the line that would let it in.
 */
final class SshSessions extends SshdSessionFactory {
  private final List<Path> keys;
  private final List<Path> hosts;
  private volatile @Nullable String refused;

  SshSessions(Path home, List<Path> keys, List<Path> hosts) {
    super(null, null);
    this.keys = keys;
    this.hosts = hosts;
    setHomeDirectory(home.toFile());
    setSshDirectory(home.toFile());
  }

  /** The known_hosts line of the host that was refused, if one was. */
  Optional<String> refused() {
    return Optional.ofNullable(refused);
  }

  @Override
  protected @Nullable SshConfigStore createSshConfigStore(
      File home, @Nullable File config, @Nullable String user) {
    return null;
  }

  @Override
  protected @Nullable ConnectorFactory getConnectorFactory() {
    return null;
  }

  @Override
  protected List<Path> getDefaultIdentities(File directory) {
    return keys;
  }

  @Override
  protected List<Path> getDefaultKnownHostsFiles(File directory) {
    return hosts;
  }

  @Override
  protected String getDefaultPreferredAuthentications() {
    return "publickey";
  }

  @Override
  protected ServerKeyDatabase createServerKeyDatabase(File home, File directory) {
    ServerKeyDatabase known = super.createServerKeyDatabase(home, directory);
    return new ServerKeyDatabase() {
      @Override
      public List<PublicKey> lookup(
          String address, InetSocketAddress remote, Configuration configuration) {
        return known.lookup(address, remote, configuration);
      }

      @Override
      public boolean accept(
          String address,
          InetSocketAddress remote,
          PublicKey key,
          Configuration configuration,
          @Nullable CredentialsProvider provider) {
        Collection<PublicKey> listed = List.copyOf(known.lookup(address, remote, configuration));
        boolean accepted =
            KeyUtils.findMatchingKey(key, listed) != null
                && known.accept(address, remote, key, configuration, null);
        if (!accepted) {
          refused = pattern(address) + " " + PublicKeyEntry.toString(key);
        }
        return accepted;
      }
    };
  }

  /** {@code host:port} as known_hosts spells it: the port only where it is not 22. */
  private static String pattern(String address) {
    int colon = address.lastIndexOf(':');
    if (colon < 0) {
      return address;
    }
    String host = address.substring(0, colon).replace("[", "").replace("]", "");
    String port = address.substring(colon + 1);
    return port.equals("22") ? host : "[" + host + "]:" + port;
  }
}
