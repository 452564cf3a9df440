package dev.slipway.builder.ssh;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.sandbox.Agent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentKeyConstraint;
import org.apache.sshd.agent.common.AbstractAgentClient;
import org.apache.sshd.agent.common.AgentDelegate;
import org.apache.sshd.agent.local.AgentImpl;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;

/**
 * An SSH agent in this process, with keys from files (draft-ietf-sshm-ssh-agent). It lists and
 * signs and does nothing else: a step can neither read a key nor take it from the steps that
 * follow.
 */
final class KeyAgent implements Agent {
  /** What OpenSSH's own agent takes at most. */
  private static final int LONGEST_MESSAGE = 256 * 1024;

  private final SshAgent keys;

  private KeyAgent(SshAgent keys) {
    this.keys = keys;
  }

  /**
   * Reads the keys.
   *
   * @throws BuildException if a file cannot be read, holds no private key, or one that wants a
   *     passphrase
   */
  static KeyAgent of(String id, List<Path> files) {
    AgentImpl agent = new AgentImpl();
    for (Path file : files) {
      try {
        for (KeyPair pair : read(id, file)) {
          agent.addIdentity(pair, id);
        }
      } catch (IOException e) {
        throw wrong(id, file, "cannot be read");
      }
    }
    return new KeyAgent(new ReadOnly(agent));
  }

  private static Iterable<KeyPair> read(String id, Path file) throws IOException {
    // Not the library's own reading of a path: that one follows names such as "~".
    byte[] text = Files.readAllBytes(file);
    try (InputStream in = new java.io.ByteArrayInputStream(text)) {
      Iterable<KeyPair> pairs =
          SecurityUtils.loadKeyPairIdentities(
              null,
              NamedResource.ofName(file.toString()),
              in,
              (_, _, _) -> {
                throw wrong(
                    id, file, "wants a passphrase, and nobody is here to ask; give one without");
              });
      if (pairs == null || !pairs.iterator().hasNext()) {
        throw wrong(id, file, "holds no private key");
      }
      return pairs;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw wrong(id, file, "holds no private key that can be read"); // no cause: it may quote it
    }
  }

  private static BuildException wrong(String id, Path file, String why) {
    return new BuildException(
        ErrorCode.SECRET_NOT_FOUND, "--ssh " + id + ": the file " + file + " " + why);
  }

  @Override
  public void talk(SocketChannel program) throws IOException {
    Conversation conversation = new Conversation(program);
    ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    int unanswered = 0;
    while (program.read(buffer) >= 0) {
      buffer.flip();
      unanswered = conversation.replied ? buffer.remaining() : unanswered + buffer.remaining();
      if (unanswered > LONGEST_MESSAGE) {
        return; // no end of it
      }
      conversation.replied = false;
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      buffer.clear();
      conversation.messageReceived(new ByteArrayBuffer(bytes));
    }
  }

  /** One program's; the library puts messages together and takes them apart. */
  private final class Conversation extends AbstractAgentClient {
    private final SocketChannel program;
    private boolean replied;

    Conversation(SocketChannel program) {
      super(keys);
      this.program = program;
    }

    @Override
    protected void reply(Buffer reply) throws IOException {
      replied = true;
      ByteBuffer bytes = ByteBuffer.wrap(reply.getCompactData());
      while (bytes.hasRemaining()) {
        program.write(bytes);
      }
    }
  }

  /** The keys are those that were given. */
  private static final class ReadOnly extends AgentDelegate {
    private final AgentImpl agent;

    ReadOnly(AgentImpl agent) {
      super(agent);
      this.agent = agent;
    }

    /** The library's own agent knows Ed25519 by a name that Bouncy Castle no longer uses. */
    @Override
    public Map.@Nullable Entry<String, byte[]> sign(
        @Nullable SessionContext session, PublicKey key, @Nullable String algorithm, byte[] data)
        throws IOException {
      KeyPair pair = agent.resolveLocalIdentity(key);
      if (pair == null || !KeyPairProvider.SSH_ED25519.equals(KeyUtils.getKeyType(key))) {
        return super.sign(session, key, algorithm, data);
      }
      try {
        Signature signature = SecurityUtils.getEDDSASigner();
        signature.initSigner(session, pair.getPrivate());
        signature.update(session, data);
        return Map.entry(KeyPairProvider.SSH_ED25519, signature.sign(session));
      } catch (Exception e) {
        throw new IOException("an Ed25519 signature failed", e);
      }
    }

    @Override
    public void addIdentity(KeyPair key, String comment, SshAgentKeyConstraint... constraints)
        throws IOException {
      throw refused();
    }

    @Override
    public void removeIdentity(PublicKey key) throws IOException {
      throw refused();
    }

    @Override
    public void removeAllIdentities() throws IOException {
      throw refused();
    }

    private static IOException refused() {
      return new IOException("the keys of a build are those that --ssh gives");
    }
  }
}
