package dev.slipway.builder.layer;

import dev.slipway.builder.linux.IsalInflater;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** A decoder of raw deflate data (RFC 1951). For one thread at a time. */
sealed interface Inflate extends AutoCloseable {
  /** The fastest that there is here. */
  static Inflate fastest() {
    return IsalInflater.open().<Inflate>map(Isal::new).orElseGet(Zlib::new);
  }

  /** Gives it at most 64 KiB to decode, once all of before is used up. */
  void input(byte[] bytes, int offset, int length);

  /** Decodes some bytes; 0 where more input is needed, or the data has ended. */
  int inflate(byte[] target, int offset, int length) throws DataFormatException;

  boolean finished();

  /** After the end, how many bytes of the input follow it: some may be of the input before. */
  int remaining();

  /** Begins anew. */
  void reset();

  @Override
  void close();

  /** The JDK's. */
  record Zlib(Inflater inflater) implements Inflate {
    Zlib() {
      this(new Inflater(true));
    }

    @Override
    public void input(byte[] bytes, int offset, int length) {
      inflater.setInput(bytes, offset, length);
    }

    @Override
    public int inflate(byte[] target, int offset, int length) throws DataFormatException {
      return inflater.inflate(target, offset, length);
    }

    @Override
    public boolean finished() {
      return inflater.finished();
    }

    @Override
    public int remaining() {
      return inflater.getRemaining();
    }

    @Override
    public void reset() {
      inflater.reset();
    }

    @Override
    public void close() {
      inflater.end();
    }
  }

  /** ISA-L's. */
  record Isal(IsalInflater inflater) implements Inflate {
    @Override
    public void input(byte[] bytes, int offset, int length) {
      inflater.setInput(bytes, offset, length);
    }

    @Override
    public int inflate(byte[] target, int offset, int length) throws DataFormatException {
      return inflater.inflate(target, offset, length);
    }

    @Override
    public boolean finished() {
      return inflater.finished();
    }

    @Override
    public int remaining() {
      return inflater.remaining();
    }

    @Override
    public void reset() {
      inflater.reset();
    }

    @Override
    public void close() {
      inflater.close();
    }
  }
}
