package dev.slipway.builder.registry;

import dev.slipway.builder.image.Blob;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** What a request sends; can be written again for another attempt. */
interface RequestBody {

  RequestBody EMPTY = of(new byte[0]);

  /** In bytes. */
  long length();

  void writeTo(OutputStream out) throws IOException;

  static RequestBody of(byte[] bytes) {
    return new RequestBody() {
      @Override
      public long length() {
        return bytes.length;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        out.write(bytes);
      }
    };
  }

  /** {@code blob} from the byte at {@code offset} to its end. */
  static RequestBody of(Blob blob, long offset) {
    return new RequestBody() {
      @Override
      public long length() {
        return blob.descriptor().size() - offset;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        try (InputStream in = new SourceStream(blob)) {
          in.skipNBytes(offset);
          byte[] buffer = new byte[Math.clamp(length(), 1, HttpConnection.BUFFER)];
          long left = length();
          while (left > 0) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
              throw SourceStream.tooShort(blob, left);
            }
            out.write(buffer, 0, count);
            left -= count;
          }
        }
      }
    };
  }
}
