package dev.slipway.builder.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Decodes raw deflate data (RFC 1951) with <a href="https://github.com/intel/isa-l">ISA-L</a>,
 * where the system has it (Debian's libisal2): in a third of the time that the JDK's zlib takes.
 * Its {@code struct inflate_state} has been the same since version 2.24 (igzip_lib.h), and whether
 * it still is, is tried once before the first use. For one thread at a time.
 */
public final class IsalInflater implements AutoCloseable {
  /** How many bytes before {@link #remaining} may turn out to have been read too much. */
  public static final int READ_AHEAD = Long.BYTES;

  private static final String LIBRARY = "libisal.so.2";

  private static final long NEXT_OUT = 0;
  private static final long AVAIL_OUT = 8;
  private static final long NEXT_IN = 16;
  private static final long AVAIL_IN = 32;
  private static final long BITS_READ_AHEAD = 36;
  private static final long BLOCK_STATE = 21_160;
  private static final long STATE_SIZE = 87_368;

  private static final int FINISHED = 5;

  private static final int INPUT = 64 * 1024;
  private static final int OUTPUT = 128 * 1024;

  private static final @Nullable MethodHandle INIT;
  private static final @Nullable MethodHandle RESET;
  private static final @Nullable MethodHandle INFLATE;
  private static final boolean USABLE;

  static {
    Optional<SymbolLookup> library = library();
    INIT = function(library, "isal_inflate_init");
    RESET = function(library, "isal_inflate_reset");
    INFLATE = function(library, "isal_inflate");
    USABLE = INIT != null && RESET != null && INFLATE != null && works();
  }

  private final Arena arena = Arena.ofShared();
  private final MemorySegment errno = Native.newState(arena);
  private final MemorySegment state = arena.allocate(STATE_SIZE, 8);
  private final MemorySegment input = arena.allocate(INPUT, 64);
  private final MemorySegment output = arena.allocate(OUTPUT, 64);

  private IsalInflater() {
    call(INIT);
  }

  /** A new decoder; empty where the library is missing or not as expected. */
  public static Optional<IsalInflater> open() {
    return USABLE ? Optional.of(new IsalInflater()) : Optional.empty();
  }

  private static Optional<SymbolLookup> library() {
    if (System.getenv("SLIPWAY_NO_ISAL") != null) {
      return Optional.empty();
    }
    try {
      return Optional.of(SymbolLookup.libraryLookup(LIBRARY, Arena.global()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static @Nullable MethodHandle function(Optional<SymbolLookup> library, String name) {
    return library.flatMap(found -> found.find(name)).map(Native::function).orElse(null);
  }

  /** Whether it decodes what the JDK encodes, and says where that ends. */
  private static boolean works() {
    byte[] text = new byte[3000];
    for (int i = 0; i < text.length; i++) {
      text[i] = (byte) ((i * i) >> 5);
    }
    Deflater deflater = new Deflater(6, true);
    deflater.setInput(text);
    deflater.finish();
    byte[] packed = new byte[2 * text.length];
    int length = deflater.deflate(packed);
    deflater.end();
    byte[] unpacked = new byte[text.length];
    try (IsalInflater inflater = new IsalInflater()) {
      inflater.setInput(packed, 0, length + 1);
      int made = inflater.inflate(unpacked, 0, unpacked.length);
      int more = inflater.inflate(new byte[1], 0, 1);
      return made == text.length
          && more == 0
          && inflater.finished()
          && inflater.remaining() == 1
          && Arrays.equals(text, unpacked);
    } catch (DataFormatException e) {
      return false;
    }
  }

  /**
   * Gives it the next bytes to decode. Those of before must be used up.
   *
   * @param length at most 64 KiB
   */
  public void setInput(byte[] bytes, int offset, int length) {
    MemorySegment.copy(bytes, offset, input, JAVA_BYTE, 0, length);
    state.set(JAVA_LONG, NEXT_IN, input.address());
    state.set(JAVA_INT, AVAIL_IN, length);
  }

  /**
   * Decodes as much as there is room for, or input.
   *
   * @return how many bytes; 0 where more input is needed, or it has {@link #finished}
   */
  public int inflate(byte[] target, int offset, int length) throws DataFormatException {
    int room = Math.min(length, OUTPUT);
    state.set(JAVA_LONG, NEXT_OUT, output.address());
    state.set(JAVA_INT, AVAIL_OUT, room);
    int left = Integer.MAX_VALUE;
    int result = 0;
    // The next input may come only when all of this is used up.
    while (result >= 0
        && state.get(JAVA_INT, AVAIL_OUT) == room
        && !finished()
        && state.get(JAVA_INT, AVAIL_IN) < left) {
      left = state.get(JAVA_INT, AVAIL_IN);
      result = call(INFLATE);
    }
    switch (result) {
      case 0, 1 -> {} // ISAL_DECOMP_OK, ISAL_END_INPUT
      case -1 -> throw new DataFormatException("invalid block of deflate data");
      case -2 -> throw new DataFormatException("invalid symbol in deflate data");
      case -3 -> throw new DataFormatException("invalid distance in deflate data");
      default -> throw new DataFormatException("invalid deflate data (ISA-L: " + result + ")");
    }
    int made = room - state.get(JAVA_INT, AVAIL_OUT);
    MemorySegment.copy(output, JAVA_BYTE, 0, target, offset, made);
    return made;
  }

  /** Whether the end of the deflate data was reached, and all of it handed out. */
  public boolean finished() {
    return state.get(JAVA_INT, BLOCK_STATE) == FINISHED;
  }

  /**
   * How many of the last bytes of the input were not used. After the end they may be more than that
   * input had, by up to {@link #READ_AHEAD}: they belong to the one before.
   */
  public int remaining() {
    return state.get(JAVA_INT, AVAIL_IN) + state.get(JAVA_INT, BITS_READ_AHEAD) / Byte.SIZE;
  }

  /** Begins anew, with other data. */
  public void reset() {
    call(RESET);
    state.set(JAVA_INT, AVAIL_IN, 0);
  }

  private int call(@Nullable MethodHandle function) {
    if (function == null) {
      throw new IllegalStateException(LIBRARY + " is missing");
    }
    try {
      return (int) (long) function.invokeExact(errno, state.address(), 0L, 0L, 0L, 0L, 0L, 0L);
    } catch (Error failure) {
      throw failure;
    } catch (Throwable failure) {
      // A downcall handle throws only if its type and the call disagree: a defect of this file.
      throw new AssertionError(failure);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
