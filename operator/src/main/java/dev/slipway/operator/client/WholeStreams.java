package dev.slipway.operator.client;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.Okio;
import okio.Source;
import okio.Timeout;

/**
 * Lets a stream that is being read be closed by another thread.
 *
 * <p>Fabric8 ends a watch over HTTP, and a log that is followed, by closing the stream of the
 * response while its reader waits in it. Okio's streams are not thread-safe: closing reads on from
 * the connection, to use it again, and gives the buffer's segments back to a pool that the whole
 * process shares, while the reader still fills them. From then on answers of <em>other</em>
 * requests are mixed up. The way to end a read from outside is {@link Call#cancel()}, which is
 * thread-safe: https://square.github.io/okhttp/5.x/okhttp/okhttp3/-call/cancel.html
 */
final class WholeStreams implements Interceptor {
  private static final int SWITCHED = 101;

  @Override
  public Response intercept(Chain chain) throws IOException {
    Response response = chain.proceed(chain.request());
    // A WebSocket is no stream: its response is closed while the socket goes on, and to cancel the
    // call would end the socket.
    if (response.code() == SWITCHED || !endless(chain.request().url())) {
      return response;
    }
    ResponseBody body = response.body();
    Source source = new Cancelled(body.source(), chain.call());
    return response
        .newBuilder()
        .body(ResponseBody.create(Okio.buffer(source), body.contentType(), body.contentLength()))
        .build();
  }

  /** Who reads it does not wait for its end. */
  private static boolean endless(HttpUrl url) {
    return "true".equals(url.queryParameter("watch"))
        || "true".equals(url.queryParameter("follow"));
  }

  /** A stream whose {@link #close} touches nothing that a reader may be at work on. */
  private static final class Cancelled implements Source {
    private final Source stream;
    private final Call call;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile boolean ended;
    private volatile boolean closed;

    Cancelled(Source stream, Call call) {
      this.stream = stream;
      this.call = call;
    }

    @Override
    public long read(Buffer sink, long count) throws IOException {
      reading.lock();
      try {
        if (closed) {
          throw new IOException("the stream is closed");
        }
        long read = stream.read(sink, count);
        ended = read < 0;
        return read;
      } finally {
        reading.unlock();
        // After the lock is free: either this thread sees that it was closed, or who closes it
        // finds the lock free.
        release();
      }
    }

    /**
     * Ends the read that another thread may be in.
     *
     * @throws IOException unless the stream has ended by itself: the buffer around this stream then
     *     leaves its segments alone, which its reader may still hold, and the garbage collector has
     *     them
     */
    @Override
    public void close() throws IOException {
      closed = true;
      if (ended) {
        release();
        return;
      }
      call.cancel();
      release();
      throw new IOException("the stream was closed before its end");
    }

    private void release() throws IOException {
      if (closed && reading.tryLock()) {
        try {
          stream.close();
        } finally {
          reading.unlock();
        }
      }
    }

    @Override
    public Timeout timeout() {
      return stream.timeout();
    }
  }
}
